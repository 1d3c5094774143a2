"""What the oracle has of a publication's prices, whoever brought them there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from settlement.chain.client import LOG_BLOCKS
from settlement.chain.contracts import Record
from settlement.chain.quorum import OracleAt, Priced
from settlement.models import Publication, PublicationItem
from settlement.services.publications import items_of


@dataclass(frozen=True, slots=True)
class Place:
    """The transaction and block since which the oracle has all of some prices."""

    tx_hash: str
    block_number: int
    block_hash: str

    @classmethod
    def known(cls, publication: Publication) -> Place | None:
        """As it is stored."""
        tx_hash, number, hash_ = publication.tx_hash, publication.block_number, publication.block_hash
        return None if tx_hash is None or number is None or hash_ is None else cls(tx_hash, number, hash_)

    @property
    def columns(self) -> dict[str, Any]:
        """As a publication keeps them."""
        return {"tx_hash": self.tx_hash, "block_number": self.block_number, "block_hash": self.block_hash}


NOWHERE: dict[str, Any] = {"tx_hash": None, "block_number": None, "block_hash": None}


@dataclass(slots=True)
class Standing:
    """A publication's live items by what the oracle says of them in one block."""

    records: dict[str, Record]
    ours: list[PublicationItem] = field(default_factory=list)
    """Our price at our attempt."""
    missing: list[PublicationItem] = field(default_factory=list)
    """No price at our attempt yet."""
    past: list[PublicationItem] = field(default_factory=list)
    """At a later attempt: guardians cancelled what was there."""
    early: list[PublicationItem] = field(default_factory=list)
    """At an earlier attempt: before the cancel that ours comes after, or a reorganisation took that."""
    wrong: list[PublicationItem] = field(default_factory=list)
    """Another price at our attempt (I-16)."""

    @property
    def items(self) -> list[PublicationItem]:
        """All that are live."""
        return self.ours + self.rest

    @property
    def complete(self) -> bool:
        """The oracle has all of it."""
        return bool(self.ours) and not self.rest

    @property
    def rest(self) -> list[PublicationItem]:
        """All but ours."""
        return self.missing + self.early + self.past + self.wrong


def look(oracle: OracleAt, publication: Publication) -> Standing:
    """One question for all live items."""
    live = [item for item in items_of(publication) if item.live]
    found = Standing(oracle.records_of([item.expiry_id for item in live]))
    for item in live:
        record = found.records[item.expiry_id]
        if record.attempt > item.attempt:
            found.past.append(item)
        elif record.attempt < item.attempt:
            found.early.append(item)
        elif record.price == 0:
            found.missing.append(item)
        elif record.price == item.price:
            found.ours.append(item)
        else:
            found.wrong.append(item)
    return found


def place_of(oracle: OracleAt, items: Sequence[PublicationItem]) -> Place | str | None:
    """Where the oracle has exactly these items since, by its logs.

    A sentence where it has them with another transcript or other payouts, None where no node says where.
    """
    logs = _newest_logs(oracle, items)
    if logs is None:
        return None
    for item in items:
        log = logs[item.expiry_id]
        if (log.price, log.transcript, log.payouts) != (item.price, item.transcript, item.payouts):
            return f"the oracle has {item.expiry_id} with another transcript or other payouts than ours"
    last = max(logs.values(), key=lambda each: each.block_number)
    return Place(last.tx, last.block_number, last.block_hash)


def _newest_logs(oracle: OracleAt, items: Sequence[PublicationItem]) -> dict[str, Priced] | None:
    """The log of each item at its attempt, looked for from the newest block down."""
    wanted = {item.expiry_id: item.attempt for item in items}
    found: dict[str, Priced] = {}
    last = oracle.block.number
    while last >= settings.FACTORY_BLOCK:
        first = max(last - LOG_BLOCKS + 1, settings.FACTORY_BLOCK)
        for log in oracle.priced(list(wanted), first, last):
            if log.attempt == wanted[log.expiry]:
                found[log.expiry] = log
        if len(found) == len(wanted):
            return found
        last = first - 1
    return None
