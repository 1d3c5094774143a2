"""`make manual`: the pages of docs/ that come out of the code, in any shell, with no service."""

from tests import settings_for_tests  # noqa: F401, I001  it sets the environment, so it comes first

import os
from pathlib import Path

import django

PAGES = Path(__file__).resolve().parent.parent / "docs" / "operating"


def write() -> None:
    """Settings, commands, and the table of metrics."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "assize.settings")
    django.setup()
    from assize import manual, settings

    (PAGES / "settings.md").write_text(manual.page(settings.ENVIRONMENT.variables))
    (PAGES / "commands.md").write_text(manual.commands_page())
    metrics = PAGES / "metrics.md"
    metrics.write_text(manual.with_metrics(metrics.read_text()))


if __name__ == "__main__":
    write()
