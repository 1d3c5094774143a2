"""One short story that is told again and again under different faults, and what it must come to each time.

Three small reports are wrong, dave bonds the truth against them, and silence makes it final. What must come of it is
folded in memory from the acts alone (promise 8): no database, no scheduler, no Celery.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ledger import names
from ledger.models import Transfer
from oracle import signer
from oracle.models import Expiry
from oracle.services import listing
from oracle.services.acts import take_act
from oracle.services.opening import open_expiry
from protocol import signing
from protocol.acts import Opened
from protocol.messages import to_act
from protocol.payouts import settle
from protocol.record import MemoryRecord
from protocol.resolution import State, judge, pass_time
from protocol.terms import Index, Terms
from tests.cast import ETHER, NO_EVIDENCE, Person, person
from tests.db.conftest import GUARDIANS, SPEC
from tests.flows.story import LIE, PRICE, assert_sound

REPORTERS = ("alice", "bob", "carol")
CAST = (*REPORTERS, "dave")
WINDOW = 150
LENGTH = 2 * WINDOW + 10
STEPS = 4
"""How often `tell` lets time pass."""
BOND = ETHER // 5


@dataclass(frozen=True)
class Told:
    """Everything that must not depend on what happened to the processes. Amounts in wei, times in unix seconds."""

    price: int | None
    decided_by: str | None
    final_at: int | None
    round: int
    head: str
    received: dict[str, int]


def enrich(now: int) -> None:
    """Enough for every telling."""
    for name in CAST:
        person(name).deposit(100 * ETHER, now)


def tell(at: int, live: Callable[[int], None]) -> None:
    """Tell it from second `at` on. `live(now)` lets the processes live until `now`, at most 150 s later each time."""
    expiry = list_for(at)
    open_expiry(expiry_id=expiry.id, block=1, value_secured=0, now=at)
    now = at
    for when, who, kind, message in acts(expiry.id, at):
        if when > now:
            live(when)
            now = when
        answer = take_act(**who.sign(kind, message), now=now)
        assert answer.refusal is None, answer.detail
    live(at + 2 * WINDOW - 50)
    live(at + 2 * WINDOW + 1)
    expiry.refresh_from_db()
    assert_sound(expiry)
    assert told(expiry) == folded(expiry, at)
    assert expiry.price == PRICE, "the truth won"


def list_for(at: int, window: int = WINDOW) -> Expiry:
    """An expiry at second `at`, listed just before it; windows in seconds, everything else as the law has it."""
    terms = Terms(
        report_window=window,
        challenge_window=window,
        service=signer.service_address(),
        guardians=tuple(person(name).address for name in GUARDIANS),
        guardian_threshold=2,
    )
    index = listing.list_index(slug="eth-usd", spec=SPEC)
    return listing.list_expiry(slug=f"told-{at}", index=index, expiry_at=at, terms=terms, now=at - 1)


def acts(expiry: str, at: int) -> list[tuple[int, Person, str, dict[str, Any]]]:
    """Who sends what when; the same to the bit each time."""
    common = {"expiry": expiry, "evidence": NO_EVIDENCE}
    report = {**common, "price": LIE, "bond": BOND, "salt": NO_EVIDENCE}
    pledge = {**common, "round": 1, "price": PRICE, "amount": 2 * ETHER, "nonce": 1, "until": at + LENGTH}
    return [
        *((at + 1, person(name), "Report", report) for name in REPORTERS),
        (at + WINDOW + 1, person("dave"), "Pledge", pledge),
    ]


def told(expiry: Expiry) -> Told:
    """What the database says."""
    received: Counter[str] = Counter()
    pot = names.expiry(expiry.id)
    for debit, credit, amount in Transfer.objects.values_list("debit_id", "credit_id", "amount"):
        if debit == pot:
            received[credit] += amount
        elif credit == pot:
            received[debit] -= amount
    changes = {name: amount for name, amount in received.items() if amount}
    return Told(expiry.price, expiry.decided_by, expiry.final_at, expiry.round, expiry.head, changes)


def folded(expiry: Expiry, at: int) -> Told:
    """What the acts alone come to."""
    state, record = State(Index.from_json(SPEC), Terms.from_json(expiry.terms), at), MemoryRecord()
    received: Counter[str] = Counter()
    opening = {"expiry": expiry.id, "block": 1, "value_secured": 0, "reward": 0}
    judge(state, record, Opened(at))
    head = signing.next_head(expiry.id, signer.digest("Opened", opening), at)
    for when, who, kind, message in acts(expiry.id, at):
        message = {"account": who.address, **message}
        verdict = judge(state, record, to_act(kind, message, when))
        received[names.free(who.address)] -= verdict.staked
        head = signing.next_head(head, signer.digest(kind, message), when)
    pass_time(state, record, at + LENGTH)
    outcome = settle(state, record)
    for account, amount in outcome.payouts.items():
        received[names.free(account)] += amount
    received[names.TREASURY] += outcome.treasury
    changes = {name: amount for name, amount in received.items() if amount}
    return Told(state.price, state.decided_by, state.final_at, state.round, head, changes)
