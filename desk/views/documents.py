"""The pages of docs/ in the desk: whoever is called at night reads what to do where they see what is wrong."""

from __future__ import annotations

import re
from pathlib import Path

from django.http import Http404
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

DOCS = Path(__file__).resolve().parents[2] / "docs"
_PAGE = re.compile(r"(?:[a-z0-9-]+/)*[A-Za-z0-9-]+\.md")


def document(page: str) -> tuple[str, SafeString]:
    """Title and HTML of a page; 404 for what is none. HTML within a page is shown as text."""
    if not _PAGE.fullmatch(page) or not (file := DOCS / page).is_file():
        raise Http404("no such page")
    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = reader.parse(file.read_text())
    title = ""
    for place, token in enumerate(tokens):
        if token.type == "heading_open":
            words = tokens[place + 1].content
            title = title or words
            token.attrSet("id", _anchor(words))
    # The pages are ours, and what they hold besides Markdown is escaped.
    return title, mark_safe(reader.renderer.render(tokens, reader.options, {}))  # noqa: S308


def _anchor(heading: str) -> str:
    """As a forge makes it."""
    return re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-")
