"""Is what the chain says what the book says? (I-16: an on-chain price is unset or the database's.)

Every look costs what has changed: expiries that the oracle's logs name in blocks that have become final, new Finals of
the book, delays that are over, whatever differs. Beside that a slice of all expiries, so that each is looked at about
once an hour whatever the logs said. All of it in one final block, by a quorum of nodes; nothing is locked meanwhile.
"""

from __future__ import annotations

import structlog
from django.conf import settings

from ledger.check import Tell
from oracle.models import Expiry
from settlement.alarms import AlarmKind, clear_alarm, open_alarms, raise_alarm
from settlement.chain import providers, quorum
from settlement.chain.contracts import topic
from settlement.chain.errors import ChainError
from settlement.chain.providers import LOG_BLOCKS, Providers
from settlement.chain.quorum import OracleAt
from settlement.chain.readings import Header
from settlement.models import FinalPrice
from settlement.reconcile_models import ChainState, OracleRecord
from settlement.services import funds
from settlement.services.comparing import compare

log = structlog.get_logger(__name__)

LOOK_SECONDS = 10
SWEEP_SECONDS = 3_600
"""In about so long every expiry is looked at once."""
LEAST_SLICE = 50
MOST_FINALS = 500
MOST_LOG_BLOCKS = 5 * LOG_BLOCKS
"""In one look: a long way to catch up must not hold a worker for ever."""


def look(*, now: int) -> int:
    """One look at the chain; returns how many expiries were compared. StaleReads is noted, and raised."""
    state = ChainState.objects.get_or_create(id=1)[0]
    try:
        nodes = providers.connect()
        head, final = quorum.block(nodes, nodes.head()), quorum.final_block(nodes)
        _begin(state, nodes, final)
        compared = _compare(state, OracleAt(nodes, final), now) if final and settings.ORACLE_ADDRESS else 0
        agreeing = nodes.supporters(final or head)
    except ChainError as error:
        ChainState.objects.filter(id=1).update(looked_at=now, problem=str(error))
        raise
    _keep(state, head, final, agreeing=agreeing, now=now)
    _check_times(head, final, now)
    funds.look(nodes, head, now=now)
    return compared


def compare_all(oracle: OracleAt, *, now: int, tell: Tell = lambda what, done, total: None) -> int:
    """Every listed expiry and every one that the oracle's logs ever named; how many."""
    tell("reading the oracle's logs", 0, 0)
    ids = set(Expiry.objects.values_list("id", flat=True)) | _named(
        oracle, settings.FACTORY_BLOCK, oracle.block.number
    )
    compare(oracle, ids, now=now, tell=tell)
    return len(ids)


def _begin(state: ChainState, nodes: Providers, final: Header | None) -> None:
    """Start over where the chain is another one, or has changed below what was final."""
    known = state.chain in ("", nodes.genesis)
    if known and state.final >= 0 and final and final.number >= state.final:
        known = quorum.block(nodes, state.final).hash == state.final_hash
    if not known:
        log.error("reconcile.chain_rewritten", block=state.final, hash=state.final_hash)
        state.logs_to, state.finals_to, state.swept_to, state.final = -1, 0, "", -1
    state.chain = nodes.genesis


def _compare(state: ChainState, oracle: OracleAt, now: int) -> int:
    """All that may have changed, and a slice of the rest; `state` moves on."""
    final = oracle.block
    first = max(state.logs_to + 1, settings.FACTORY_BLOCK)
    last = min(final.number, first + MOST_LOG_BLOCKS - 1)
    wanted = _named(oracle, first, last)
    finals = list(
        FinalPrice.objects.filter(seq__gt=state.finals_to)
        .order_by("seq")
        .values_list("seq", "expiry_id")[:MOST_FINALS]
    )
    wanted |= {expiry for _, expiry in finals}
    over = OracleRecord.objects.filter(state=OracleRecord.State.DELAY, final_at__lte=final.timestamp)
    wanted |= set(over.values_list("expiry_id", flat=True))
    wanted |= set(open_alarms().filter(kind=AlarmKind.PRICE_DIFFERS).values_list("subject", flat=True))
    size = max(LEAST_SLICE, Expiry.objects.count() * LOOK_SECONDS // SWEEP_SECONDS + 1)
    swept = list(
        Expiry.objects.filter(id__gt=state.swept_to).order_by("id").values_list("id", flat=True)[:size]
    )
    compare(oracle, wanted.union(swept), now=now)
    state.logs_to = max(state.logs_to, last)
    state.finals_to = finals[-1][0] if finals else state.finals_to
    state.swept_to = swept[-1] if len(swept) == size else ""
    state.swept_at = state.swept_at if state.swept_to else now
    return len(wanted.union(swept))


def _named(oracle: OracleAt, first: int, last: int) -> set[str]:
    """The expiries that the oracle's own logs name, listed or not."""
    topics = [[topic("PriceOracle", "Priced"), topic("PriceOracle", "Cancelled")]]
    logs = oracle.nodes.logs_between([settings.ORACLE_ADDRESS], topics, first, last)
    return {each.topics[1] for each in logs}


def _keep(state: ChainState, head: Header, final: Header | None, *, agreeing: int, now: int) -> None:
    state.looked_at = state.good_at = now
    state.problem, state.nodes, state.agreeing = "", len(settings.RPC_URLS), agreeing
    state.head, state.head_at = head.number, head.timestamp
    if final:
        state.final, state.final_hash, state.final_at = final.number, final.hash, final.timestamp
    state.save()


def _check_times(head: Header, final: Header | None, now: int) -> None:
    """C-20: chain and host apart; C-29: finality stalls."""
    apart = now - head.timestamp
    words = (
        f"the newest block is {apart} s old"
        if apart > 0
        else f"the newest block is {-apart} s ahead of our clock"
    )
    _alarm(AlarmKind.CLOCKS_APART, 0 < settings.CHAIN_CLOCK_SECONDS < abs(apart), words, now)
    age = now - final.timestamp if final else 0
    words = f"the newest final block is {age} s old"
    _alarm(AlarmKind.FINALITY_STALLS, 0 < settings.FINALITY_STALL_SECONDS < age, words, now)


def _alarm(kind: AlarmKind, wrong: bool, words: str, now: int) -> None:
    if wrong:
        raise_alarm(kind, "", words, now=now)
    else:
        clear_alarm(kind, "", why=words, now=now)
