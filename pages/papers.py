"""Evidence as people read it: what strangers wrote, so cut, folded and never trusted. Where to is told by /out/."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from evidence import selectors
from evidence.models import Document
from evidence.selectors import Shown
from oracle import clock
from oracle.models import Expiry
from pages.compare import Seen, Told, compare, instant_of, seen
from protocol.arithmetic import agree
from protocol.evidence import says_nothing
from protocol.terms import Terms

AT_ONCE = 10
OPEN = 5
WORDS, LINES, LINKS, OBSERVATIONS = 600, 12, 5, 6
"""Most of a document that an expiry's page shows; the rest is on the document's own."""

@dataclass(frozen=True, slots=True)
class Link:
    """The n-th link of a document: the host that it leads to, and what comes behind."""

    n: int
    host: str
    rest: str


@dataclass(frozen=True, slots=True)
class Paper:
    """One document with the acts that carry it, cut to what a page has room for.

    `unfolded`: it is shown open. `other_price`: it speaks for another price than all of its acts. `empty`: it says no
    more than a price.
    """

    of: Shown
    price: int
    words: str
    links: Sequence[Link]
    seen: Sequence[Seen]
    files: Sequence[dict[str, str]]
    cut: bool
    unfolded: bool
    other_price: bool
    empty: bool


@dataclass(frozen=True, slots=True)
class Evidence:
    """What an expiry's page shows of evidence. `told` is what sources said by the documents that are shown open, a list
    for each, the heaviest first; `folded` whether one that is not open names a source."""

    papers: Sequence[Paper]
    missing: Sequence[Shown]
    more: int
    told: Sequence[Sequence[Told]]
    folded: bool


def of_expiry(row: Expiry, terms: Terms) -> Evidence:
    """One query; none while reports are sealed."""
    shown, total = selectors.of_expiry(row, limit=AT_ONCE)
    known = [each for each in shown if each.document is not None]
    told = [_told(each.document) for each in known]
    papers = [_paper(row, each, terms, told[place], place) for place, each in enumerate(known)]
    opened = [paper.unfolded for paper in papers]
    return Evidence(
        papers=papers,
        missing=[each for each in shown if each.document is None],
        more=total - len(shown),
        told=[each for each, is_open in zip(told, opened, strict=True) if is_open],
        folded=any(each for each, is_open in zip(told, opened, strict=True) if not is_open),
    )


def _paper(row: Expiry, of: Shown, terms: Terms, told: Sequence[Told], place: int) -> Paper:
    """Open are the heaviest that at least one report's least bond stands behind; once final, those that were right."""
    document: dict[str, Any] = of.document or {}
    price, text = int(document["price"]), document["words"]
    words = "\n".join(text[:WORDS].split("\n")[:LINES])
    right = row.price is None or agree(price, row.price, terms.tolerance_ppm)
    empty = says_nothing(document)
    return Paper(
        of=of,
        price=price,
        words=words,
        links=links_of(document)[:LINKS],
        seen=_nearest(row, told),
        files=document.get("files", []),
        cut=words != text or len(document["links"]) > LINKS or len(told) > OBSERVATIONS,
        unfolded=place < OPEN and of.weight >= terms.min_report_bond and right and not empty,
        other_price=price not in of.prices,
        empty=empty,
    )


def _told(document: dict[str, Any] | None) -> list[Told]:
    """A document's observations, in the order of time."""
    found = (document or {}).get("observations", ())
    return sorted((int(each["instant"]), each["source"], int(each["price"])) for each in found)


def _nearest(row: Expiry, told: Sequence[Told]) -> list[Seen]:
    """Those that matter most: around the instant, still in the order of time."""
    at = instant_of(row)
    near = sorted(told, key=lambda each: (abs(each[0] - at), each))[:OBSERVATIONS]
    return [seen(row, source, second, price) for second, source, price in sorted(near)]


def links_of(document: dict[str, Any]) -> list[Link]:
    found = []
    for n, address in enumerate(document["links"]):
        parts = urlsplit(address)
        found.append(Link(n, parts.netloc, address.partition(parts.netloc)[2]))
    return found


# ---------------------------------------------------------------- pages of their own


@require_safe
def evidence(request: HttpRequest, digest: str) -> HttpResponse:
    """/evidence/<hash>/: the whole document."""
    found, document = _public(digest)
    row = found.expiry
    told = _told(document)
    context = {
        "expiry": row,
        "hash": found.hash,
        "document": document,
        "price": int(document["price"]),
        "links": links_of(document),
        "seen": [seen(row, source, second, price) for second, source, price in told],
        "acts": selectors.carriers(found, limit=100),
        "chart": compare(row, [told], Terms.from_json(row.raised or row.terms)).chart,
        "now": clock.now(),
    }
    return render(request, "pages/evidence.html", context)


@require_safe
def out(request: HttpRequest, digest: str, n: int) -> HttpResponse:
    """/out/<hash>/<n>/: where the n-th link of a document leads, before one goes there."""
    found, document = _public(digest)
    links = links_of(document)
    if n >= len(links):
        raise Http404("no such link")
    context = {"expiry": found.expiry, "hash": found.hash, "link": links[n], "address": document["links"][n]}
    return render(request, "pages/out.html", context)


@require_safe
def file(request: HttpRequest, digest: str, n: int) -> HttpResponse:
    """/evidence/<hash>/files/<n>: the bytes as a download, of a checked type, in which nothing can run (C-44)."""
    found, document = _public(digest)
    entries = document.get("files", [])
    content = selectors.file_of(found, n) if n < len(entries) else None
    if content is None:
        raise Http404("no such file")
    kind = entries[n]["type"]
    headers = {
        "Content-Disposition": f'attachment; filename="{entries[n]["name"]}"',
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    spelled = f"{kind}; charset=utf-8" if kind.startswith("text/") else kind
    return HttpResponse(content, content_type=spelled, headers=headers)


def _public(digest: str) -> tuple[Document, dict[str, Any]]:
    """A document that may be shown; the same 404 for one that is unknown and for one that is still sealed."""
    found = selectors.public(digest)
    if found is None:
        raise Http404("no public evidence of this hash")
    return found, found.document
