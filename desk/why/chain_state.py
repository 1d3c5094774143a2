"""What the chain was like when it was last looked at: whether nodes agree, and whether the publisher can pay."""

from __future__ import annotations

from django.conf import settings

from desk import addresses
from desk.why.page import Link, Moment, Table, Why, alarms_and_audit
from protocol.show import ether, utc
from settlement.alarms import AlarmKind
from settlement.models import Alarm, ChainState
from settlement.status import LOOKED_SECONDS


def explain(row: ChainState, now: int) -> Why:
    """A round of the indexer writes this row every few seconds; nobody else does."""
    sentence, coming = _nodes(row, now)
    poor, send = _signer(row)
    moments = [
        (row.looked_at, "Nodes were asked"),
        (row.good_at, "A quorum agreed"),
        (row.head_at, f"Block {row.head}, the newest"),
        (row.final_at, f"Block {row.final}, the newest that is final"),
        (row.signer_at, "The publisher's balance was read"),
        (row.swept_at, "All prices on chain were compared"),
    ]
    return Why(
        sentence=sentence + poor,
        next=coming + send,
        timeline=[Moment(at, text) for at, text in sorted(moments) if at],
        tables=[_publisher(row), _open(), alarms_and_audit(row.signer)[1]],
        links=[
            Link("What to do below a quorum", addresses.runbook(AlarmKind.BELOW_QUORUM)),
            Link("What to do about the balance", addresses.runbook(AlarmKind.SIGNER_LOW)),
            Link("Status", "/status"),
        ],
    )


def _nodes(row: ChainState, now: int) -> tuple[str, str]:
    told = f"{row.agreeing} of {row.nodes} nodes agree, and {settings.RPC_QUORUM} must."
    if not row.looked_at:
        return "Nobody has asked the nodes yet.", "A round of the indexer: is it up?"
    if now - row.looked_at > LOOKED_SECONDS:
        return f"Nobody has asked the nodes for a while. {told}", "A round of the indexer: is it up?"
    if row.problem:
        words = f"Too few nodes agree: {row.problem}. Nothing is opened, planned or called final."
        return words, "The next round in which a quorum agrees, by itself: bring nodes back, or name others in RPC_URLS"
    if row.agreeing < row.nodes:
        return f"{told} Everything goes on.", "The next round: always the same node is a reason to change its provider"
    return told, "The next round looks again"


def _signer(row: ChainState) -> tuple[str, str]:
    """What is added where the publisher has too little."""
    if row.signer_wei is None or row.signer_wei >= settings.PUBLISHER_LEAST_WEI:
        return "", ""
    words = f" The publisher has {ether(row.signer_wei)}, less than {ether(settings.PUBLISHER_LEAST_WEI)}."
    return words, f". Somebody sends ether to {row.signer}"


def _publisher(row: ChainState) -> Table:
    rows = [(row.signer, ether(row.signer_wei), utc(row.signer_at))] if row.signer_wei is not None else []
    return Table("The publisher", ("account", "has, by a quorum", "read"), rows, "nobody has read its balance yet")


def _open() -> Table:
    """Alarms of the chain as a whole bear no subject that could be searched for: all that are open stand here."""
    rows = Alarm.objects.filter(cleared_at=None).order_by("since")[:20]
    found = [(Link(each.kind, addresses.page(each)), each.subject, each.words, utc(each.since)) for each in rows]
    return Table("Open alarms", ("kind", "about", "words", "since"), found, "none is open")
