"""From a deposit through a withdrawal and an attested root to a claim, and what goes wrong on the way."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from ledger import names
from ledger.selectors import balance, balances
from operators.services import audit
from oracle.services.time import beat, pass_time
from protocol.escrow import Leaf, Statement
from protocol.stages import Stage
from settlement.chain.errors import Reverted
from settlement.chain.providers import Providers
from settlement.models import ChainTransaction, Root
from settlement.reconcile import escrow_problem
from settlement.reserves import reserves
from settlement.services import roots as roots_service
from settlement.services import transactions
from settlement.services.opening import open_due
from settlement.services.roots import propose_root, statement_of
from tests.cast import ETHER, person
from tests.chain.conftest import CONFIRMATION, FINALITY, World
from tests.chain.escrow import index_all
from tests.chain.roots import (
    attest,
    cancel,
    claim,
    contract,
    credited,
    fields,
    leave,
    made_final,
    post,
    proof_of,
    propose,
    withdraw,
)
from tests.flows.following import assert_followed

ALICE, BOB, CAROL = person("alice"), person("bob"), person("carol")


def wei(world: World, account: str) -> int:
    return world.client.balance(account)


def test_road__deposit_to_claim__pays_to_the_wei_and_adds_up(world: World, tmp_path: Path) -> None:
    credited(world, (ALICE, 5 * ETHER), (BOB, 3 * ETHER))
    assert withdraw(world, ALICE, 2 * ETHER + 1).refusal is None
    root = made_final(world, tmp_path)
    assert (root.epoch, root.accounts, root.debt) == (1, 2, 8 * ETHER)
    claim(world, root, ALICE.address)
    assert wei(world, ALICE.address) == 2 * ETHER + 1
    world.node.mine(FINALITY)
    index_all(world)
    assert balances(ALICE.address)["withdrawing"] == 0
    assert balance(names.OUTSIDE) == -(6 * ETHER - 1) == -wei(world, contract(world).address)
    found = reserves()
    assert (found.balance, found.difference, found.problem) == (6 * ETHER - 1, 0, None)
    assert escrow_problem() is None
    assert_followed(world.node.now())


def test_claim__twice_and_by_two_roots__pays_what_is_new_once(world: World, tmp_path: Path, settings: Any) -> None:
    settings.ROOT_SECONDS = 1
    credited(world, (ALICE, 5 * ETHER))
    withdraw(world, ALICE, ETHER)
    first = made_final(world, tmp_path)
    claim(world, first, ALICE.address)
    with pytest.raises(Reverted, match="nothing to claim"):
        claim(world, first, ALICE.address)
    withdraw(world, ALICE, ETHER)
    second = made_final(world, tmp_path)
    with pytest.raises(Reverted, match="not in the final root"):
        claim(world, first, ALICE.address)
    claim(world, second, ALICE.address)
    assert wei(world, ALICE.address) == 2 * ETHER


def test_claim__foreign_proof_or_other_amounts__is_refused(world: World, tmp_path: Path) -> None:
    credited(world, (ALICE, 5 * ETHER), (BOB, 3 * ETHER))
    withdraw(world, ALICE, ETHER)
    statement = statement_of(made_final(world, tmp_path))
    (alice, proof), (bob, other) = (proof_of(statement, each.address) for each in (ALICE, BOB))
    forged = [
        (alice, other),
        (bob, proof),
        (Leaf(BOB.address, alice.withdrawable, alice.entitled, alice.deposited), proof),
        (Leaf(ALICE.address, 2 * ETHER, alice.entitled, alice.deposited), proof),
        (alice, []),
        (alice, [*proof, statement.root]),
    ]
    for leaf, path in forged:
        with pytest.raises(Reverted, match="not in the final root"):
            world.holder().send(contract(world).claim(fields(leaf), path))


def test_guardians__cancel_a_root__next_epoch_carries_it(world: World, tmp_path: Path) -> None:
    credited(world, (ALICE, 5 * ETHER))
    withdraw(world, ALICE, ETHER)
    root = propose(world)
    attest(world, tmp_path, 0, 1, 2)
    post(world)
    cancel(world, root.epoch)
    world.node.mine(CONFIRMATION)
    post(world)
    root.refresh_from_db()
    assert (root.stage, "epoch 1 is used up" in root.reason) == ("FAILED", True)
    again = made_final(world, tmp_path)
    assert again.epoch == 2
    claim(world, again, ALICE.address)
    assert wei(world, ALICE.address) == ETHER


def test_two_signatures__of_three_that_are_wanted__nothing_is_posted(world: World, tmp_path: Path) -> None:
    credited(world, (ALICE, 5 * ETHER))
    root = propose(world)
    attest(world, tmp_path, 0, 1)
    assert post(world) == 0
    root.refresh_from_db()
    assert (root.stage, root.signatures.count()) == ("PLANNED", 2)
    assert not ChainTransaction.objects.exists()


def test_somebody_else__posts_our_signatures_first__the_root_is_final_all_the_same(
    world: World, tmp_path: Path
) -> None:
    credited(world, (ALICE, 5 * ETHER))
    root = propose(world)
    attest(world, tmp_path, 0, 1, 2)
    signatures = list(root.signatures.order_by("attestor").values_list("signature", flat=True))
    world.holder().send(contract(world).post_root(root.epoch, root.root, root.block, signatures))
    post(world)
    world.bury()
    post(world)
    root.refresh_from_db()
    assert root.stage == "FINAL"
    assert not ChainTransaction.objects.exists()


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("when", ["store", "broadcast", "landed"])
def test_publisher__killed_around_the_send__the_root_is_posted_once(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    credited(world, (ALICE, 5 * ETHER))
    withdraw(world, ALICE, ETHER)
    root = propose(world)
    attest(world, tmp_path, 0, 1, 2)
    send = Providers.send

    def killed(*arguments: Any, **named: Any) -> None:
        if when == "landed":
            send(*arguments, **named)
        raise Killed

    with monkeypatch.context() as patch:
        target = (transactions, when) if when != "landed" else (Providers, "send")
        patch.setattr(*target, killed)
        with pytest.raises(Killed):
            post(world)
    for _ in range(3):
        post(world)
        world.bury()
    root.refresh_from_db()
    assert root.stage == "FINAL", root.reason
    assert ChainTransaction.objects.filter(purpose=f"root:{root.pk}").count() == 1
    claim(world, root, ALICE.address)
    assert wei(world, ALICE.address) == ETHER


def test_post__reorg_takes_the_block__posted_again(world: World, tmp_path: Path) -> None:
    credited(world, (ALICE, 5 * ETHER))
    root = propose(world)
    attest(world, tmp_path, 0, 1, 2)
    post(world)
    post(world)
    root.refresh_from_db()
    assert root.stage == "POSTED"
    world.node.reorg(1)
    world.node.hold()
    post(world)
    root.refresh_from_db()
    assert root.stage == "SENT"
    world.node.rpc("evm_setAutomine", True)
    world.node.mine()
    post(world)
    world.bury()
    post(world)
    root.refresh_from_db()
    assert root.stage == "FINAL"


def test_operator__silent__everybody_gets_out_with_an_attestors_file(
    world: World, tmp_path: Path, settings: Any
) -> None:
    """A bond that is locked, a stake and a withdrawal that nobody claimed: all leave at face value, to the wei."""
    expiry = world.list_expiry()
    now = world.pass_expiry(expiry)
    credited(world, (ALICE, 5 * ETHER), (BOB, 3 * ETHER))
    assert open_due(now=max(now, world.node.now())) == 1
    at = world.node.now()
    assert ALICE.report(expiry.id, 2_500 * ETHER, ETHER, at).refusal is None
    assert BOB.stake(2 * ETHER, at).refusal is None
    assert withdraw(world, ALICE, ETHER).refusal is None
    root = made_final(world, tmp_path)
    credited(world, (CAROL, 7), (ALICE, 11))  # after the root: no leaf counts these
    expiry.refresh_from_db()
    assert expiry.stage == Stage.REPORTING
    (file,) = list(tmp_path.glob("attestor-0-*/root-1.json"))
    statement = Statement.from_json(json.loads(file.read_text()))
    assert statement == statement_of(root)
    claim(world, root, ALICE.address)
    with pytest.raises(Reverted, match="the exit is not open"):
        leave(world, statement, ALICE.address)
    world.node.mine_at(world.node.now() + 2_000)
    for who in (ALICE, BOB):
        leave(world, statement, who.address)
    world.holder().send(contract(world).call("exit_uncounted", CAROL.address))
    assert [wei(world, who.address) for who in (ALICE, BOB, CAROL)] == [5 * ETHER + 11, 3 * ETHER, 7]
    assert wei(world, contract(world).address) == 0
    for who in (ALICE, BOB):
        with pytest.raises(Reverted, match="nothing to exit with"):
            leave(world, statement, who.address)
    assert propose_root(now=world.node.now() + 10**6) is None, "there will never be another root"


def test_treasury__its_income__is_claimed_without_an_act(world: World, tmp_path: Path, settings: Any) -> None:
    """Mallory reports far off and forfeits all: the fee is the treasury's, and goes to its address by its own leaf."""
    settings.TREASURY_ADDRESS = person("treasury").address
    expiry = world.list_expiry()
    now = world.pass_expiry(expiry)
    credited(world, (ALICE, 2 * ETHER), (BOB, ETHER), (person("mallory"), ETHER))
    assert open_due(now=max(now, world.node.now())) == 1
    at = world.node.now()
    for who, price in ((ALICE, 2_500), (BOB, 2_500), (person("mallory"), 2_000)):
        assert who.report(expiry.id, price * ETHER, ETHER, at).refusal is None
    pass_time(now=at + 60)
    pass_time(now=at + 120)
    world.node.mine_at(at + 121)
    income = balance(names.TREASURY)
    assert income == ETHER // 5
    root = made_final(world, tmp_path)
    claim(world, root, settings.TREASURY_ADDRESS)
    assert wei(world, settings.TREASURY_ADDRESS) == income
    world.node.mine(FINALITY)
    index_all(world)
    assert (balance(names.TREASURY), escrow_problem(), reserves().difference) == (0, None, 0)
    assert_followed(world.node.now())


def test_root__book_ahead_of_the_block__waits(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A leaf must not count a deposit from above the root's block: at the exit it would be given back, lost or not."""
    credited(world, (ALICE, 5 * ETHER))
    newest = roots_service.Act.objects.get(kind="Deposit").message["block"]
    assert roots_service.build(epoch=1, block=int(newest) - 1) is None
    assert roots_service.build(epoch=1, block=int(newest)) is not None


def test_root__index_has_a_problem__none_is_built(world: World) -> None:
    credited(world, (ALICE, 5 * ETHER))
    roots_service.EscrowIndex.objects.update(problem="a wei is missing")
    assert propose_root(now=world.node.now()) is None
    roots_service.EscrowIndex.objects.update(problem="")
    assert propose_root(now=world.node.now()) is not None


def test_schedule__one_at_a_time_and_not_before_its_time(world: World, tmp_path: Path, settings: Any) -> None:
    settings.ROOT_SECONDS = 500
    credited(world, (ALICE, 5 * ETHER))
    root = made_final(world, tmp_path)
    assert propose_root(now=root.created_at + 499) is None
    assert propose_root(now=root.created_at + 500) is not None
    assert propose_root(now=root.created_at + 501) is None
    assert Root.objects.count() == 2


def test_proposal__nobody_signs_it__is_withdrawn_and_another_takes_its_epoch(world: World, tmp_path: Path) -> None:
    credited(world, (ALICE, 5 * ETHER))
    root = propose(world)
    now = root.created_at + roots_service.STALE_SECONDS
    again = propose_root(now=now)
    assert again is not None
    assert (again.epoch, Root.objects.get(pk=root.pk).stage) == (root.epoch, "FAILED")
    attest(world, tmp_path, 0)
    assert propose_root(now=now + roots_service.STALE_SECONDS) is None, "an attestor has signed this epoch"


def test_audit_log__rewritten_after_attestors_kept_its_head__is_caught_by_them_and_by_their_file(
    world: World, tmp_path: Path, settings: Any
) -> None:
    """Decision 41: k independent parties witness the log. The operator rewrites all that is theirs: log and roots."""
    settings.ROOT_SECONDS = 1
    credited(world, (ALICE, 5 * ETHER))
    audit.record("proposal.made", "7", by=audit.staff("ada"), details={"reason": "a slip"}, now=world.node.now())
    first = propose(world)
    witness = attest(world, tmp_path, 0, 1, 2)[0]
    folder = witness.context.follower.store.folder
    kept = json.loads((folder / "root-1.json").read_text())
    assert kept["audit"] == json.loads(roots_service.document_of(first))["audit"]
    assert (int(kept["audit"]["seq"]), kept["audit"]["head"]) == (first.audit_seq, first.audit_head)
    post(world)
    world.bury()
    post(world)
    files = ["--anchor", str(folder / "root-1.json"), "--anchor", str(folder / "roots.jsonl")]
    call_command("audit_verify", *files, stdout=StringIO())
    rewrite_log(world)
    call_command("audit_verify", stdout=StringIO())
    with pytest.raises(CommandError, match="the log ends at entry 1, and entry 3 was anchored"):
        call_command("audit_verify", *files)
    second = propose(world)
    assert second.audit_seq is not None and first.audit_seq is not None
    assert second.audit_seq < first.audit_seq, "one entry fewer, or the test shows nothing"
    beat(now=world.node.now())
    witness.round(world.node.now())
    (refusal,) = second.refusals.all()
    assert refusal.text.startswith("audit_rewritten: epoch 2: the operators' log ends at entry ")
    assert not second.signatures.exists()


def rewrite_log(world: World) -> None:
    """As the tables' owner: every entry is gone, another one is there, and the root's row agrees with it."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # what waits for the commit would keep tables as they are
        for table in ("operators_auditentry", "settlement_root"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute("DELETE FROM operators_auditentry")
        entry = audit.record("proposal.made", "7", by=audit.staff("ada"), details={"reason": "no slip"}, now=1)
        cursor.execute("UPDATE settlement_root SET audit_seq = %s, audit_head = %s", [entry.seq, entry.head])
        for table in ("operators_auditentry", "settlement_root"):
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
