"""What the documents name is there: files, links, commands, addresses, settings, log lines."""

import json
import re
import subprocess
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import get_commands
from django.urls import Resolver404, resolve

from desk.kinds import KINDS
from protocol.cases import resolve as resolve_case

ROOT = Path(__file__).resolve().parents[2]
FOUND = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
PAGES = [ROOT / line for line in FOUND.splitlines() if (ROOT / line).exists()]
IDS = [str(page.relative_to(ROOT)) for page in PAGES]
MAKEFILE = (ROOT / "Makefile").read_text()
OPERATING = ROOT / "docs" / "operating" / "README.md"
ADDRESS = re.compile(r"(?<![\w.])(/(?:(?:api|admin)/[^\s`?)|]*|(?:healthz|readyz|metrics|status)\b))")
CODE = ("assize", "operators", "ledger", "oracle", "evidence", "disputes", "settlement", "pages", "alerts", "desk")

every_page = pytest.mark.parametrize("page", PAGES, ids=IDS)


def anchors(page: Path) -> set[str]:
    """The fragments that a page's headings give."""
    heads = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head).strip().lower().replace(" ", "-") for head in heads}


def links(page: Path) -> list[str]:
    """The targets of its links within this repository."""
    found = re.findall(r"\]\(([^)\s]+)\)", page.read_text())
    return [target for target in found if not re.match(r"[a-z]+:", target)]


@every_page
def test_page__every_link__leads_somewhere(page: Path) -> None:
    for target in links(page):
        path, _, fragment = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), f"{target} is not there"
        assert not fragment or fragment in anchors(there), f"{target}: no such heading"


@every_page
def test_page__every_file_in_backticks__exists(page: Path) -> None:
    named = re.findall(r"`((?:[\w.-]+/)+[\w.-]+\.(?:py|md|vy|json|toml))`", page.read_text())
    missing = [name for name in named if not (ROOT / name).exists() and not (page.parent / name).exists()]
    assert missing == []


@every_page
def test_page__every_make_command__is_in_the_makefile(page: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", MAKEFILE, re.MULTILINE))
    named = set(re.findall(r"(?:^|`)make ([a-z]+)\b", page.read_text(), re.MULTILINE))
    assert named <= targets


@every_page
def test_page__every_management_command__exists(page: Path) -> None:
    named = set(re.findall(r"manage\.py ([a-z_]+)", page.read_text()))
    assert named <= set(get_commands())


@every_page
def test_page__every_module_to_run__exists(page: Path) -> None:
    for name in set(re.findall(r"python -m ([a-z_.]+[a-z_])", page.read_text())):
        place = ROOT / name.replace(".", "/")
        assert place.with_suffix(".py").exists() or (place / "__main__.py").exists(), name


@every_page
def test_page__every_address__is_answered(page: Path) -> None:
    for address in set(ADDRESS.findall(page.read_text())):
        concrete = re.sub(r"\{\w+\}", "1", address)
        try:
            resolve(concrete)
        except Resolver404:
            pytest.fail(f"{address} does not exist")


def test_index__every_page_of_docs__is_linked() -> None:
    start = ROOT / "docs" / "README.md"
    reached: set[Path] = set()
    waiting = [start]
    while waiting:
        page = waiting.pop()
        if page in reached or page.suffix != ".md":
            continue
        reached.add(page)
        waiting += [(page.parent / link.partition("#")[0]).resolve() for link in links(page)]
    assert {page for page in PAGES if page.is_relative_to(ROOT / "docs")} <= reached


def test_operating__every_setting_named__is_one() -> None:
    known = {variable.name for variable in settings.ENVIRONMENT.variables}
    named = set(re.findall(r"`([A-Z]+_[A-Z_]+)`", OPERATING.read_text()))
    assert named
    assert named <= known


def test_operating__every_log_line_of_ours__is_explained_and_no_other() -> None:
    text = "\n".join(path.read_text() for folder in CODE for path in (ROOT / folder).rglob("*.py"))
    logged = set(re.findall(r'log\.\w+\(\s*"([a-z]+\.[a-z_]+)"', text))
    explained = set(re.findall(r"^\| `([a-z]+\.[a-z_]+)` \|", OPERATING.read_text(), re.MULTILINE))
    assert logged
    assert explained == logged


def test_audit_page__every_word_of_the_log__is_explained_and_no_other() -> None:
    text = "\n".join(path.read_text() for folder in CODE for path in (ROOT / folder).rglob("*.py"))
    told = set(re.findall(r'record\(\s*"([a-z_]+\.[a-z_]+)"', text))
    page = (OPERATING.parent / "audit.md").read_text()
    explained = set(re.findall(r"^\| `([a-z_]+\.[a-z_]+)` \|", page, re.MULTILINE))
    assert told
    assert explained == told


def test_proposals_page__every_kind__has_its_row_and_no_other() -> None:
    page = (OPERATING.parent / "proposals.md").read_text()
    rows = dict(re.findall(r"^\| `([a-z_]+)` \| ([^|]+) \|", page, re.MULTILINE))
    assert rows == {kind.name: kind.title for kind in KINDS.values()}


def test_money_page__worked_example__is_what_resolve_prints() -> None:
    page = (ROOT / "docs" / "money.md").read_text()
    case = re.search(r"python -m protocol resolve (\S+)", page)
    assert case is not None
    result = resolve_case(json.loads((ROOT / case[1]).read_text())["case"])
    rows = [line for line in page.splitlines() if line.startswith("| ")]
    for who, wei in {**result["payouts"], "treasury": result["treasury"]}.items():
        row = next(line for line in rows if re.match(rf"\| [^|]*\b{who}\b[^|]*\|", line, re.IGNORECASE))
        assert row.split("|")[3].strip() == f"{Decimal(wei) / 10**18:f}", who


def test_api_page__every_address_below_api__is_named() -> None:
    from django.urls import URLResolver

    from assize.urls import urlpatterns

    page = (ROOT / "docs" / "api.md").read_text()
    under = [part for part in urlpatterns if isinstance(part, URLResolver) and str(part.pattern) == "api/v1/"]
    routes = {re.sub(r"<\w+:\w+>", "{}", str(route.pattern)) for part in under for route in part.url_patterns}
    named = {re.sub(r"\{\w+\}", "{}", path) for path in re.findall(r"`(?:GET|POST|DELETE) /api/v1/([^`?]+)`", page)}
    assert named == routes
