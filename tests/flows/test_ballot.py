"""What bonds cannot settle: ballots, rulings, and what voters gain and lose."""

import pytest
from eth_keys import keys
from structlog.testing import capture_logs

from ledger import selectors
from oracle import clock, signer, tasks
from oracle.models import Act, Elector, Expiry
from oracle.services.acts import take_act
from protocol import signing
from protocol.acts import Refusal
from protocol.merkle import electorate_root
from tests.cast import ETHER, NO_EVIDENCE, person
from tests.db.conftest import GUARDIANS
from tests.flows.conftest import VOTERS
from tests.flows.story import LIE, OPENS_AT, PRICE, WINDOW, assert_sound, tick_along

CHALLENGE = OPENS_AT + WINDOW


@pytest.fixture
def disputed(opened: Expiry) -> Expiry:
    """Three honest reports, and mallory has bonded the whole arbitration bond against them: COMMIT at CHALLENGE."""
    for name in ("alice", "bob", "carol"):
        person(name).report(opened.id, PRICE, ETHER, OPENS_AT + 1)
    tick_along(OPENS_AT + 1, CHALLENGE)
    person("mallory").pledge(opened.id, 1, LIE, 50 * ETHER, CHALLENGE)
    opened.refresh_from_db()
    assert opened.stage == "COMMIT"
    return opened


def rule(expiry: Expiry, price: int, names: tuple[str, ...], now: int) -> Refusal | None:
    message = {"expiry": expiry.id, "price": price, "reason": NO_EVIDENCE}
    digest = signer.digest("Ruling", message)
    signatures = [signing.sign(person(name).key, digest) for name in names]
    return take_act(
        kind="Ruling", message=signing.to_json("Ruling", message), signatures=signatures, now=now
    ).refusal


def test_ballot__opened__electorate_is_an_entry_of_the_book(disputed: Expiry) -> None:
    electorate = dict(Elector.objects.values_list("account", "weight"))
    assert electorate == {person(name).address: 10 * ETHER for name in VOTERS}
    act = Act.objects.get(kind="Electorate")
    assert act.message["root"] == electorate_root(electorate)
    assert act.message["seq"] == str(act.seq - 1)
    assert_sound(disputed)


def test_vote__two_for_the_truth__liar_pays_voters_and_reporters(disputed: Expiry) -> None:
    prices = dict(zip(VOTERS, (PRICE, PRICE, LIE), strict=True))
    for name, price in prices.items():
        assert person(name).commit(disputed.id, 1, price, CHALLENGE + 1).refusal is None
    tick_along(CHALLENGE + 1, CHALLENGE + WINDOW)
    for name, price in prices.items():
        assert person(name).reveal(disputed.id, 1, price, CHALLENGE + WINDOW).refusal is None
    tick_along(CHALLENGE + WINDOW, CHALLENGE + 2 * WINDOW)
    assert_sound(disputed)
    assert (disputed.price, disputed.decided_by) == (PRICE, "vote")
    stakes = [selectors.balances(person(name).address)["stake"] for name in VOTERS]
    # 3.2 forfeited, a fifth is the fee, half of it to the two coherent voters with the half ether cut from the third
    gain = (32 * ETHER // 100 + ETHER // 2) // 2
    assert stakes == [10 * ETHER + gain, 10 * ETHER + gain, 10 * ETHER - ETHER // 2]
    assert selectors.balances(person("mallory").address)["free"] == 100 * ETHER - 32 * ETHER // 10


def test_stake__counted_in_a_running_ballot__locked_until_final(disputed: Expiry) -> None:
    assert person("vera").unstake(ETHER, CHALLENGE + 1).refusal is Refusal.STAKE_LOCKED
    assert person("vera").stake(5 * ETHER, CHALLENGE + 2).refusal is None
    assert person("vera").unstake(5 * ETHER, CHALLENGE + 3).refusal is None, "what came later is not locked"
    tick_along(CHALLENGE + 3, CHALLENGE + 20 * WINDOW)
    assert_sound(disputed)


def test_late_stake__after_the_expiry_instant__has_no_vote(opened: Expiry) -> None:
    person("dave").stake(50 * ETHER, OPENS_AT + 1)
    person("vera").unstake(4 * ETHER, OPENS_AT + 2)
    for name in ("alice", "bob", "carol"):
        person(name).report(opened.id, PRICE, ETHER, OPENS_AT + 3)
    tick_along(OPENS_AT + 3, CHALLENGE)
    person("mallory").pledge(opened.id, 1, LIE, 50 * ETHER, CHALLENGE)
    weights = dict(Elector.objects.values_list("account", "weight"))
    assert person("dave").address not in weights
    assert weights[person("vera").address] == 6 * ETHER
    assert_sound(opened)


def test_nobody_votes__guardians_rule__only_the_fee_is_lost(
    disputed: Expiry, monkeypatch: pytest.MonkeyPatch
) -> None:
    end = CHALLENGE + 6 * WINDOW
    tick_along(CHALLENGE, end)
    disputed.refresh_from_db()
    assert (disputed.stage, disputed.deadline) == ("RULING", None), "nobody ever revealed: it stays open"
    monkeypatch.setattr(clock, "now", lambda: end)
    with capture_logs() as logs:
        tasks.beat()
    assert {"event": "ruling.waits", "expiry": disputed.slug, "log_level": "error"} in logs, "and it alarms"
    assert rule(disputed, PRICE + ETHER, GUARDIANS[:2], end) is Refusal.NOT_A_CANDIDATE
    assert rule(disputed, PRICE, GUARDIANS[:1], end) is Refusal.BAD_SIGNATURE
    assert rule(disputed, PRICE, ("mallory", "alice"), end) is Refusal.BAD_SIGNATURE
    assert rule(disputed, PRICE, GUARDIANS[1:], end) is None
    assert_sound(disputed)
    assert (disputed.price, disputed.decided_by, disputed.final_at) == (PRICE, "ruling", end)
    assert selectors.balances(person("mallory").address)["free"] == 100 * ETHER - 64 * ETHER // 100
    assert selectors.balances(person("alice").address)["free"] == 100 * ETHER
    absent_cut = 3 * (10 * ETHER * 5_000 // 10**6)
    assert selectors.balances(person("vera").address)["stake"] == 10 * ETHER - absent_cut


def test_copied_commitment__reveals_for_nobody_else(disputed: Expiry) -> None:
    """C-39: a commitment binds its voter."""
    vera, victor = person("vera"), person("victor")
    vera.commit(disputed.id, 1, PRICE, CHALLENGE + 1)
    copied = Act.objects.get(kind="VoteCommit").commitment
    fields = {"expiry": disputed.id, "ballot": 1, "commitment": copied}
    assert victor.send("VoteCommit", fields, CHALLENGE + 2).refusal is None
    tick_along(CHALLENGE + 2, CHALLENGE + WINDOW)
    stolen = {"expiry": disputed.id, "ballot": 1, "price": PRICE, "salt": vera.salt(disputed.id, 1)}
    answer = victor.send("VoteReveal", stolen, CHALLENGE + WINDOW)
    assert answer.refusal is Refusal.COMMITMENT_MISMATCH
    assert vera.reveal(disputed.id, 1, PRICE, CHALLENGE + WINDOW).refusal is None
    assert_sound(disputed)


def test_empty_electorate__straight_to_the_guardians(opened: Expiry) -> None:
    for name in VOTERS:
        assert person(name).unstake(10 * ETHER, OPENS_AT + 1).refusal is None
    for name in ("alice", "bob", "carol"):
        person(name).report(opened.id, PRICE, ETHER, OPENS_AT + 1)
    tick_along(OPENS_AT + 1, CHALLENGE)
    person("mallory").pledge(opened.id, 1, LIE, 50 * ETHER, CHALLENGE)
    opened.refresh_from_db()
    assert (opened.stage, opened.ballot, opened.deadline) == ("RULING", 0, None)
    assert Act.objects.get(kind="Electorate").message["root"] == NO_EVIDENCE
    assert rule(opened, PRICE, GUARDIANS, CHALLENGE + 1) is None
    assert_sound(opened)


def test_ruling__one_guardian_signs_twice_in_different_ways__counts_once(disputed: Expiry) -> None:
    """One key can make many valid signatures of one digest: guardians are counted, not signatures."""
    end = CHALLENGE + 6 * WINDOW
    tick_along(CHALLENGE, end)
    message = {"expiry": disputed.id, "price": PRICE, "reason": NO_EVIDENCE}
    digest = signer.digest("Ruling", message)
    key = person(GUARDIANS[0]).key
    both = [signing.sign(key, digest), other_signature(key, digest)]
    assert [signing.recover(digest, signature) for signature in both] == [person(GUARDIANS[0]).address] * 2
    answer = take_act(kind="Ruling", message=signing.to_json("Ruling", message), signatures=both, now=end)
    assert answer.refusal is Refusal.BAD_SIGNATURE
    report = person("dave").sign("Stake", {"amount": ETHER, "nonce": 7})
    digest = signer.digest("Stake", signing.parse("Stake", report["message"]))
    report["signatures"].append(other_signature(person("dave").key, digest))
    assert take_act(**report, now=end).refusal is Refusal.BAD_SIGNATURE
    assert_sound(disputed)


def other_signature(key: str, digest: str) -> str:
    """Another valid signature of the same digest by the same key: a random nonce in place of the deterministic one."""
    order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    nonce = 0x5EED
    point = keys.PrivateKey(nonce.to_bytes(32, "big")).public_key
    r = int.from_bytes(point.to_bytes()[:32], "big") % order
    y_odd = point.to_bytes()[63] & 1
    z, d = int(digest, 16), int(key, 16)
    s = pow(nonce, -1, order) * (z + r * d) % order
    if s > order // 2:
        s, y_odd = order - s, 1 - y_odd
    return "0x" + r.to_bytes(32, "big").hex() + s.to_bytes(32, "big").hex() + f"{27 + y_odd:02x}"
