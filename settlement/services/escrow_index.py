"""Follows the escrow on chain: blocks with their parents, logs by block hash, reorganisations (issue of trust, part 2).

Whatever stands here is a copy that can be made anew: `manage.py reindex --check` does, and compares. Any number of
workers may ring; who comes too late finds the index moved on and writes nothing. The chain is asked before anything is
locked. Money moves in escrow_credit.py alone, from logs that cannot go any more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import structlog
from django.conf import settings
from django.db import transaction

from settlement.chain import events
from settlement.chain.providers import Providers, StaleReads
from settlement.chain.readings import Header, Log
from settlement.index_models import EscrowBlock, EscrowIndex, EscrowLog

log = structlog.get_logger(__name__)

CHUNK = 200
"""Blocks read and written at once."""
CHUNKS = 10
"""Chunks in one round: catching up must not hold a worker for ever."""


class Stopped(Exception):
    """Nothing more may be read or moved until an operator has looked."""


@dataclass(frozen=True, slots=True)
class Read:
    """Blocks in a row and the logs in them, as a quorum of nodes gave them."""

    blocks: Sequence[Header]
    logs: Sequence[Log]


def state() -> EscrowIndex:
    """The index's one row."""
    return EscrowIndex.objects.get_or_create(id=1)[0]


def stop(reason: str) -> None:
    """Alarm, and change nothing any more."""
    log.error("escrow.stopped", reason=reason)
    EscrowIndex.objects.filter(id=1).update(stopped=reason)


def follow(nodes: Providers, *, now: int) -> int:
    """Bring the index to the chain's head, at most CHUNKS chunks; how many blocks were added. Raises Stopped."""
    _check_chain(nodes)
    head, added = nodes.head(), 0
    for _ in range(CHUNKS):
        tip = EscrowBlock.objects.order_by("-number").first()
        fork = _fork(nodes, tip, head) if tip else settings.ESCROW_BLOCK - 1
        if fork >= head:
            break
        read = read_blocks(nodes, fork + 1, min(fork + CHUNK, head))
        if not _joins(read, fork) or not _write(read, fork, tip):
            break
        added += len(read.blocks)
    EscrowIndex.objects.filter(id=1).update(looked_at=now)
    return added


def read_blocks(nodes: Providers, first: int, last: int) -> Read:
    """The blocks first to last and the escrow's logs in them; fewer where the nodes do not agree on the newest."""
    blocks = nodes.headers(range(first, last + 1))
    for below, block in zip(blocks, blocks[1:], strict=False):
        if block.parent != below.hash:
            raise StaleReads(f"block {block.number} is not on top of block {below.number}: the chain is changing")
    logs = nodes.logs(settings.ESCROW_ADDRESS, blocks)
    return Read(blocks, [each for found in logs for each in found])


def rows_of(logs: Iterable[Log]) -> list[EscrowLog]:
    """The logs as rows, PENDING, without those that tell of neither money nor roots."""
    rows = []
    for each in logs:
        kind, arguments = events.read(each)
        if kind not in EscrowLog.Kind.values:
            continue
        place = {name: getattr(each, name) for name in ("block", "block_hash", "tx", "log_index")}
        whose = {name: arguments.get(name) for name in ("account", "amount")}
        message = {name: str(value) for name, value in arguments.items()}
        rows.append(EscrowLog(kind=kind, message=message, **place, **whose))
    return rows


def _check_chain(nodes: Providers) -> None:
    """The index belongs to one chain: another development chain has other blocks under the same id."""
    index = state()
    if not index.chain:
        EscrowIndex.objects.filter(id=1, chain="").update(chain=nodes.genesis)
    elif index.chain != nodes.genesis:
        raise Stopped(f"the nodes are on the chain that begins with {nodes.genesis}, the index on {index.chain}")


def _fork(nodes: Providers, tip: EscrowBlock, head: int) -> int:
    """The number of the highest block that index and chain share. Raises Stopped where it is too deep.

    A head below the tip is no reorganisation by itself: nodes come late, and blocks are not unseen for it.
    """
    top = min(tip.number, head)
    stored = EscrowBlock.objects.filter(number__lte=top).order_by("-number")
    known = dict(stored.values_list("number", "hash")[: settings.REORG_BOUND + 1])
    if known and nodes.headers([top])[0].hash == known[top]:
        return tip.number
    shared = _shared(nodes, known)
    if shared is None or tip.number - shared > settings.REORG_BOUND:
        raise Stopped(
            f"a reorganisation deeper than {settings.REORG_BOUND} blocks below block {tip.number} {tip.hash}"
        )
    if shared < (credited := state().credited_to):
        raise Stopped(f"a reorganisation down to block {shared} took back what was credited up to block {credited}")
    log.warning("escrow.reorganised", depth=tip.number - shared, shared=shared)
    return shared


def _shared(nodes: Providers, known: Mapping[int, str]) -> int | None:
    """The highest of these blocks that the chain still has; None where it has none of them."""
    below = settings.ESCROW_BLOCK - 1 if settings.ESCROW_BLOCK in known else None
    for header in nodes.headers(sorted(known)) if known else []:
        if known[header.number] != header.hash:
            return below
        below = header.number
    raise StaleReads("the nodes do not agree yet where the chain has changed")


def _joins(read: Read, fork: int) -> bool:
    """Whether the first block read stands on the shared one; if not, the chain has changed between two questions."""
    below = EscrowBlock.objects.filter(number=fork).first()
    return below is None or read.blocks[0].parent == below.hash


def _write(read: Read, fork: int, tip: EscrowBlock | None) -> bool:
    """Put what was read in the place of whatever stood above `fork`; False where somebody was faster."""
    with transaction.atomic():
        index = EscrowIndex.objects.select_for_update().get(id=1)
        newest = EscrowBlock.objects.order_by("-number").first()
        if index.stopped or (newest and newest.hash) != (tip and tip.hash):
            return False
        above = EscrowLog.objects.filter(block__gt=fork)
        above.filter(state=EscrowLog.State.PENDING).update(state=EscrowLog.State.GONE)
        if above.filter(state=EscrowLog.State.FINAL).exists():
            raise Stopped(f"a reorganisation down to block {fork} took back a log that has moved money")
        EscrowBlock.objects.filter(number__gt=fork).delete()
        EscrowBlock.objects.bulk_create(
            EscrowBlock(number=b.number, hash=b.hash, parent=b.parent, timestamp=b.timestamp) for b in read.blocks
        )
        for row in rows_of(read.logs):
            # The chain may come back to a block that it had left: its logs are there already.
            back = EscrowLog.objects.filter(block_hash=row.block_hash, log_index=row.log_index)
            if not back.update(state=EscrowLog.State.PENDING):
                row.save(force_insert=True)
        return True
