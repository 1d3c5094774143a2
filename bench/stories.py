"""One expiry of each stage and of each way to FINAL, lived through the services, for bench/fill.py to make many of.

Three of them are large: `crowded`, which is final, and `contested`, which can still be disputed, have as many reports
as they are told to; `argued` has as many claims and voters. Each step of time is shorter than an outage; whatever a
story stays in lasts ten days, so that it is there when it is looked at.
"""

from __future__ import annotations

import itertools
import secrets
from dataclasses import dataclass, field
from typing import Any

from bench.world import ETHER, LONG, PRICE

LIE = PRICE * 96 // 100
STEP = 100
SHORT = str(STEP)
REPORTERS, VOTERS, GUARDIANS = ("alice", "bob", "mallory"), ("vera", "victor", "violet"), ("gustav", "greta")
DOCUMENTS = 20
TICK = 10**16
BALLOT = {"vote_retries": "0", "arbitration_bond": str(16 * ETHER // 10)}


@dataclass
class Told:
    """The ids of the expiries by story, and the book's time after the last of them."""

    now: int
    ids: dict[str, str] = field(default_factory=dict)
    evidence: list[str] = field(default_factory=list)


def tell(*, start: int, reports: int, claims: int, voters: int) -> Told:
    """Live all stories, from unix second `start` on."""
    told = Told(start)
    _fund(told, 1_000_000)
    for name in STORIES:
        _live(told, name)
    _crowd(told, reports)
    _argue(told, claims, voters)
    _stake(told, 100_000)  # what the copies of these stories cut from voters
    return told


def person(name: str) -> Any:
    from tests.cast import person as of_the_cast

    return of_the_cast(name)


# ---------------------------------------------------------------- the small ones


def _scheduled(told: Told) -> None:
    told.ids["scheduled"] = _list(told, "scheduled", ahead=30 * 86_400)


def _reporting(told: Told) -> None:
    _report(told, _open(told, "reporting", report_window=LONG))


def _standing(told: Told) -> None:
    _report(told, _open(told, "standing", challenge_window=LONG))
    _pass(told)


def _disputed(told: Told) -> None:
    id_ = _open(told, "disputed", challenge_window=LONG, arbitration_bond=str(32 * ETHER))
    _report(told, id_)
    _pass(told)
    _took(person("dave").pledge(id_, 1, LIE, 20 * ETHER, told.now))
    _took(person("carol").pledge(id_, 2, PRICE, ETHER // 10, told.now))


def _to_ballot(told: Told, name: str, **terms: str) -> str:
    id_ = _open(told, name, **BALLOT, **terms)
    _report(told, id_)
    _pass(told)
    for who, round_, price in (("dave", 1, LIE), ("carol", 2, PRICE), ("dave", 3, LIE)):
        answer = person(who).pledge(id_, round_, price, 20 * ETHER, told.now)
        if answer.refusal is not None:
            break  # the ballot has opened
    return id_


def _commit(told: Told) -> None:
    id_ = _to_ballot(told, "commit", commit_window=LONG)
    _took(person("vera").commit(id_, 1, PRICE, told.now))


def _to_reveal(told: Told, name: str, **terms: str) -> str:
    id_ = _to_ballot(told, name, **terms)
    for voter in VOTERS:
        _took(person(voter).commit(id_, 1, PRICE, told.now))
    _pass(told)
    return id_


def _reveal(told: Told) -> None:
    id_ = _to_reveal(told, "reveal", reveal_window=LONG)
    _took(person("vera").reveal(id_, 1, PRICE, told.now))


def _to_ruling(told: Told, name: str, **terms: str) -> str:
    """One of three votes, so that the quorum is missed."""
    id_ = _to_reveal(told, name, vote_quorum_ppm="900000", **terms)
    _took(person("vera").reveal(id_, 1, PRICE, told.now))
    _pass(told)
    return id_


def _ruling(told: Told) -> None:
    from disputes.services import sign_ruling

    id_ = _to_ruling(told, "ruling", ruling_window=LONG)
    for guardian, price in zip(GUARDIANS, (PRICE, LIE), strict=True):
        act = _ruled(id_, price, (guardian,))
        signed = sign_ruling(
            expiry_id=id_, price=str(price), reason=act["message"]["reason"], signature=act["signatures"][0],
            now=told.now,
        )  # fmt: skip
        assert signed.refusal is None, signed


def _by_silence(told: Told) -> None:
    _report(told, _open(told, "silent"))
    _pass(told)
    _pass(told)


def _by_vote(told: Told) -> None:
    id_ = _to_reveal(told, "voted")
    for voter in VOTERS:
        _took(person(voter).reveal(id_, 1, PRICE, told.now))
    _pass(told)


def _by_ruling(told: Told) -> None:
    from oracle.services.acts import take_act

    id_ = _to_ruling(told, "ruled", ruling_window=LONG)
    _took(take_act(**_ruled(id_, PRICE, GUARDIANS), now=told.now))


STORIES = {
    "scheduled": _scheduled,
    "reporting": _reporting,
    "standing": _standing,
    "disputed": _disputed,
    "commit": _commit,
    "reveal": _reveal,
    "ruling": _ruling,
    "silent": _by_silence,
    "voted": _by_vote,
    "ruled": _by_ruling,
}


def _live(told: Told, name: str) -> None:
    STORIES[name](told)
    told.now += 1


# ---------------------------------------------------------------- the large ones


def _crowd(told: Told, reports: int) -> None:
    """One that is final, where all honest reports say the same; one that stands, where they lie on a hundred ticks."""
    id_ = _open(told, "crowded")
    told.evidence = [_evidence(id_, number, told.now) for number in range(DOCUMENTS)]
    _report_all(told, id_, reports, ticks=1)
    _pass(told)
    _pass(told)
    _report_all(told, _open(told, "contested", challenge_window=LONG), reports, ticks=100)
    _pass(told)


def _report_all(told: Told, id_: str, reports: int, *, ticks: int) -> None:
    for number in range(reports):
        who, honest = person(f"crowd {number}"), PRICE + number % ticks * TICK
        who.deposit(2 * ETHER, told.now)
        fields = {"expiry": id_, "price": honest if number % 10 else LIE, "bond": ETHER // 10 + number % 7 * 10**16}
        fields |= {"evidence": told.evidence[number % DOCUMENTS], "salt": "0x" + secrets.token_hex(32)}
        _took(who.send("Report", fields, told.now))


def _evidence(id_: str, number: int, now: int) -> str:
    """Keep a document with a small file; its hash."""
    from evidence import services
    from protocol.evidence import document, observation
    from protocol.evidence_files import entry

    made = document(
        expiry=id_, price=PRICE, words=f"seen {number}", files=[entry("a.txt", b"hello")],
        links=["https://prices.assize.example/"],
        observations=[
            observation(source=f"venue {number % 3}", instant=now - 300 + 6 * n, price=PRICE + n, raw="0x" + "ab" * 32)
            for n in range(100)
        ],
    )  # fmt: skip
    return services.keep(document=made, files=["aGVsbG8="], now=now)


def _argue(told: Told, claims: int, voters: int) -> None:
    """Many open claims, of which one opens a ballot; all voters commit, and half of them have revealed."""
    people = [person(f"voter {number}") for number in range(voters)]
    for who in people:
        who.deposit(20 * ETHER, told.now)
        _took(who.stake(10 * ETHER, told.now))
    told.now += 1
    id_ = _open(told, "argued", reveal_window=LONG, arbitration_bond=str(3 * ETHER))
    _report(told, id_)
    _pass(told)
    for number in range(claims):
        _took(person("carol").pledge(id_, 1, LIE - (number + 1) * ETHER, ETHER // 100, told.now))
    for round_, price in zip(itertools.count(1), itertools.cycle((LIE, PRICE))):
        if person("dave").pledge(id_, round_, price, 20 * ETHER, told.now).refusal is not None:
            break
    for who in people:
        _took(who.commit(id_, 1, PRICE, told.now))
    _pass(told)
    for who in people[::2]:
        _took(who.reveal(id_, 1, PRICE, told.now))


# ---------------------------------------------------------------- what they share


def _fund(told: Told, ether: int) -> None:
    for name in (*REPORTERS, "carol", "dave", *VOTERS):
        person(name).deposit(ether * ETHER, told.now)
    _stake(told, 100)


def _stake(told: Told, ether: int) -> None:
    for name in (*VOTERS, "alice"):
        _took(person(name).stake(ether * ETHER, told.now))


def _list(told: Told, name: str, *, ahead: int, **terms: str) -> str:
    from oracle import signer
    from oracle.services import listing
    from protocol.terms import Terms

    windows = ("report_window", "challenge_window", "commit_window", "reveal_window", "ruling_window")
    given = {
        "service": signer.service_address(), "guardians": [person(each).address for each in GUARDIANS],
        "guardian_threshold": "2", "report_extensions": "0", **dict.fromkeys(windows, SHORT), **terms,
    }  # fmt: skip
    index = listing.list_index(slug="bench-usd", spec={"min_price": "1", "max_price": str(10**27)})
    slug = f"bench-{name}-{secrets.token_hex(4)}"
    at = told.now + ahead
    return listing.list_expiry(slug=slug, index=index, expiry_at=at, terms=Terms.from_json(given), now=told.now).id


def _open(told: Told, name: str, **terms: str) -> str:
    from oracle.services.opening import open_expiry

    told.ids[name] = id_ = _list(told, name, ahead=1, **terms)
    told.now += 1
    open_expiry(expiry_id=id_, block=1, value_secured=0, now=told.now)
    return id_


def _report(told: Told, id_: str) -> None:
    for name in REPORTERS:
        _took(person(name).report(id_, LIE if name == "mallory" else PRICE, ETHER // 2, told.now))


def _pass(told: Told) -> None:
    from oracle.services.time import pass_time

    told.now += STEP
    pass_time(now=told.now)


def _ruled(id_: str, price: int, guardians: tuple[str, ...]) -> dict[str, Any]:
    """A ruling with these guardians' signatures, as it goes over the wire."""
    from oracle import signer
    from protocol import signing

    message: Any = {"expiry": id_, "price": price, "reason": "0x" + "00" * 32}
    digest = signer.digest("Ruling", message)
    signatures = [signing.sign(person(each).key, digest) for each in guardians]
    return {"kind": "Ruling", "message": signing.to_json("Ruling", message), "signatures": signatures}


def _took(answer: Any) -> None:
    if answer.refusal is not None:
        raise RuntimeError(f"refused: {answer.refusal} {answer.detail}")
