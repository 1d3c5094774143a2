"""What axe-core finds on a page (WCAG 2.2 AA and its own good practice)."""

from __future__ import annotations

from functools import cache

from playwright.sync_api import Page

from dev import npm
from dev.folders import TOOLS

VERSION = "4.14.1"
SERIOUS = ("serious", "critical")
# What WCAG 2.2 added, the least size of a target, axe leaves out unless it is asked for.
RUN = "axe.run(document, {resultTypes: ['violations'], rules: {'target-size': {enabled: true}}})"


@cache
def _source() -> str:
    package = npm.unpack(f"axe-core@{VERSION}", TOOLS / f"axe-core-{VERSION}")
    return (package / "axe.min.js").read_text()


def findings(page: Page) -> list[str]:
    """Everything serious, one line each: rule, what it is about, where. Empty where there is nothing."""
    page.evaluate(_source())
    found = page.evaluate(RUN)["violations"]
    return [
        f"{each['id']} ({each['impact']}): {each['help']}: {node['target']}"
        for each in found
        if each["impact"] in SERIOUS
        for node in each["nodes"]
    ]
