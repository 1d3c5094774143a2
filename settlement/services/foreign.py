"""Series of others: contracts that settle by an expiry of ours (contracts/README.md, "Series of others").

Read once, in the final block, what they say of themselves, by a quorum of nodes. Nothing is promised of what they do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings
from django.db import IntegrityError, transaction

from oracle.models import Expiry
from protocol.hashing import keccak, to_hex
from protocol.terms import MAX_PRICE
from settlement.chain import providers, views
from settlement.chain.errors import NotDeployed
from settlement.chain.providers import Providers
from settlement.chain.readings import Header
from settlement.chain.views import View
from settlement.models import Series
from settlement.services.feeds import ORACLE_DECIMALS, InvalidFeed, check_feed

VIEWS = ("oracle", "expiry", "feed", "strike", "collateral")
DECIMALS = 18
WORD_BYTES = 32


class InvalidForeign(ValueError):
    """This contract cannot be kept as a series of the expiry; the text says why."""


@dataclass(frozen=True, slots=True)
class _Reads:
    """How it reads: by this feed ("" where it asks the oracle itself), with so many decimals."""

    feed: str
    decimals: int


def import_series(*, address: str, expiry: Expiry) -> Series:
    """Keep a foreign contract as a series of `expiry`; the same again is found.

    Raises InvalidForeign, or a ChainError where the nodes do not answer or do not agree.
    """
    address = address.lower()
    known = Series.objects.filter(address=address).first()
    if known is not None:
        if (known.origin, known.expiry_id) != (Series.Origin.FOREIGN, expiry.id):
            raise InvalidForeign(f"{address} is kept already, as a {known.origin} series of {known.expiry_id}")
        return known
    nodes = providers.connect()
    block = nodes.headers([nodes.final(nodes.head())])[0]
    if not nodes.has_code(block, address):
        raise InvalidForeign(f"there is no contract at {address} in the final block {block.number}")
    words = _answered(nodes, block, address)
    reads = _how_it_reads(nodes, block, address, words, expiry)
    row = Series(
        address=address,
        origin=Series.Origin.FOREIGN,
        feed=reads.feed,
        expiry=expiry,
        strike=_strike(words, reads.decimals),
        collateral=_address(words["collateral"]) if "collateral" in words else "",
        decimals=DECIMALS,
        created_block=block.number,
        created_block_hash=block.hash,
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        return Series.objects.get(address=address)  # somebody else imported it at the same moment
    return row


def _answered(nodes: Providers, block: Header, address: str) -> dict[str, bytes]:
    """Those views that it answers with a word at least, and the first word of each."""
    asked = [(address, keccak(f"{view}()".encode())[:4]) for view in VIEWS]
    answers = zip(VIEWS, nodes.calls_or_reverts(block, asked), strict=True)
    return {view: found[:WORD_BYTES] for view, found in answers if found is not None and len(found) >= WORD_BYTES}


def _how_it_reads(
    nodes: Providers, block: Header, address: str, words: Mapping[str, bytes], expiry: Expiry
) -> _Reads:
    """By the oracle or by a feed of this expiry; InvalidForeign says what is missing or wrong."""
    try:
        (ours,) = views.read(nodes, block, [View("SeriesFactory", settings.FACTORY_ADDRESS, "is_series", (address,))])
    except NotDeployed:
        ours = False  # no factory here: then it cannot be of ours
    if ours:
        raise InvalidForeign(f"{address} is of our own factory: list it by its strike, with list_series")
    if "feed" in words:
        feed = _address(words["feed"])
        try:
            return _Reads(feed, check_feed(nodes, block, feed, expiry))
        except InvalidFeed as error:
            raise InvalidForeign(f"{address} reads a feed that is not ours: {error}") from error
    if "oracle" not in words or "expiry" not in words:
        raise InvalidForeign(f"{address} answers neither feed() nor both oracle() and expiry(): what does it pay by?")
    if (oracle := _address(words["oracle"])) != settings.ORACLE_ADDRESS:
        raise InvalidForeign(f"{address} reads the oracle {oracle}, ours is {settings.ORACLE_ADDRESS}")
    if (told := to_hex(words["expiry"])) != expiry.id:
        raise InvalidForeign(f"{address} is of expiry {told}, not of {expiry.slug}")
    return _Reads("", ORACLE_DECIMALS)


def _strike(words: Mapping[str, bytes], decimals: int) -> int:
    """18 decimals; 0 where it does not say, or says what no price can be."""
    if "strike" not in words:
        return 0
    strike = int.from_bytes(words["strike"]) * 10 ** (ORACLE_DECIMALS - decimals)
    return strike if strike < MAX_PRICE else 0


def _address(word: bytes) -> str:
    return to_hex(word[12:])
