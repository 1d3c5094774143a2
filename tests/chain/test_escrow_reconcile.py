"""Claims leave the ledger once, and 1 wei that does not add up is found, named, and keeps roots waiting."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from dev import accounts
from ledger import names, selectors
from ledger.models import Reason
from ledger.services import Move, post
from oracle import signer
from oracle.services import funding
from protocol import signing
from protocol.escrow import Leaf, Statement
from settlement.chain import quorum
from settlement.chain.escrow import escrow, roots_at
from settlement.reconcile import escrow_problem
from settlement.reconcile_escrow import first_row
from tests.cast import ETHER, person
from tests.chain.conftest import DELAY, FINALITY, World
from tests.chain.escrow import ALICE, BOB, deposit, free, index_all, logs, the_index

TX = "0x" + "7" * 64


def bury(world: World) -> None:
    world.node.mine(FINALITY)
    index_all(world)


def publish(world: World, *leaves: Leaf) -> Statement:
    """A root over these leaves, whether they are true or not, signed by three attestors, posted and final."""
    contract = escrow(world.client)
    block, nodes = world.node.height(), world.client.nodes
    world.node.mine()
    epoch = roots_at(nodes, quorum.newest_block(nodes)).next_epoch
    statement = Statement(epoch, block, 1, {each.account: each for each in leaves})
    digest = signer.digest("Root", statement.message)
    signers = sorted(accounts.ATTESTORS[:3], key=lambda each: int(accounts.address(each), 16))
    signatures = [signing.sign(accounts.key(each), digest) for each in signers]
    world.holder(1).send(contract.post_root(statement.epoch, statement.root, block, signatures))
    world.node.mine_at(world.node.now() + DELAY)
    return statement


def claim(world: World, statement: Statement, account: str) -> None:
    leaf = statement.leaves[account]
    values = (leaf.account, leaf.withdrawable, leaf.entitled, leaf.deposited)
    world.holder(2).send(escrow(world.client).claim(values, statement.proof(account)))


def withdraw(world: World, name: str, amount: int) -> None:
    message = {"amount": amount, "nonce": 1}
    assert person(name).send("Withdrawal", message, world.node.now()).refusal is None


def tamper(sql: str) -> None:
    """As the tables' owner, past every guard."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE settlement_escrowlog DISABLE TRIGGER USER")
        cursor.execute(sql)
        cursor.execute("ALTER TABLE settlement_escrowlog ENABLE TRIGGER USER")


def set_balance(world: World, wei: int) -> None:
    world.node.rpc("anvil_setBalance", escrow(world.client).address, hex(wei))
    bury(world)


def test_claim__final__leaves_the_ledger_once(world: World) -> None:
    alice = person("alice").address
    deposit(world, alice, 10)
    deposit(world, BOB, 7, holder=1)
    bury(world)
    withdraw(world, "alice", 4)
    statement = publish(world, Leaf(alice, 4, 10, 10), Leaf(BOB, 0, 7, 7))
    claim(world, statement, alice)
    index_all(world)
    assert selectors.balances(alice)["withdrawing"] == 4, "the claim's block may still go"
    bury(world)
    bury(world)
    assert selectors.balances(alice) == {"free": 6, "stake": 0, "unbonding": 0, "withdrawing": 0}
    assert selectors.balance(names.OUTSIDE) == -13
    assert logs(kind="Claimed") == [(alice, 4, "FINAL")]
    assert escrow_problem() is None
    out = StringIO()
    call_command("reconcile", stdout=out)
    assert "the escrow holds what its logs, the book and the ledger say" in out.getvalue()


def test_claim__reorged_away_and_made_again__paid_once(world: World, settings: Any) -> None:
    settings.FINALITY_DEPTH = 4
    alice = person("alice").address
    deposit(world, alice, 10)
    world.node.mine(2)
    bury(world)
    withdraw(world, "alice", 4)
    statement = publish(world, Leaf(alice, 4, 10, 10))
    claim(world, statement, alice)
    index_all(world)
    world.node.reorg(1)
    index_all(world)
    assert logs(kind="Claimed") == [(alice, 4, "GONE")]
    claim(world, statement, alice)
    world.node.mine(2)
    bury(world)
    assert logs(kind="Claimed") == [(alice, 4, "GONE"), (alice, 4, "FINAL")]
    assert (selectors.balances(alice)["withdrawing"], escrow_problem()) == (0, None)


def test_claim__of_the_treasurys_income__leaves_the_treasury(world: World, settings: Any) -> None:
    treasury = settings.TREASURY_ADDRESS
    deposit(world, ALICE, 10)
    bury(world)
    with transaction.atomic():
        post([Move(names.free(ALICE), names.TREASURY, 3, "test", Reason.FEE)], at=1, entry=1)
    statement = publish(world, Leaf(ALICE, 0, 7, 10), Leaf(treasury, 3, 3, 0))
    claim(world, statement, treasury)
    bury(world)
    assert (selectors.balance(names.TREASURY), selectors.balance(names.OUTSIDE)) == (0, -7)
    assert escrow_problem() is None


def test_claim__that_nobody_asked_for__stops_the_index(world: World) -> None:
    """Attestors signed a false root: the escrow pays by it, the ledger does not follow."""
    deposit(world, ALICE, 10)
    bury(world)
    claim(world, publish(world, Leaf(BOB, 4, 4, 0)), BOB)
    bury(world)
    assert escrow_problem() == f"the escrow paid 4 wei to {BOB}, who had asked for 0"
    assert (free(ALICE), selectors.balance(names.OUTSIDE)) == (10, -10)
    with pytest.raises(CommandError, match="had asked for 0"):
        call_command("reconcile", stdout=StringIO())


def test_reconcile__a_wei_too_much_or_too_few__alarms_until_it_is_gone(world: World, settings: Any) -> None:
    deposit(world, ALICE, ETHER)
    bury(world)
    for wei in (ETHER + 1, ETHER - 1):
        set_balance(world, wei)
        assert f"the escrow holds {wei} wei at block" in str(escrow_problem())
        with pytest.raises(CommandError, match=f"its logs explain {ETHER}"):
            call_command("reconcile", stdout=StringIO())
        set_balance(world, ETHER)
        assert escrow_problem() is None
    settings.ESCROW_GIFTS = 1
    set_balance(world, ETHER + 1)
    assert escrow_problem() is None, "the operator has looked at this wei"
    set_balance(world, ETHER - 1)
    assert escrow_problem() is not None, "nothing excuses a wei that is missing"


def test_reconcile__a_log_changed_by_hand__the_row_is_named(world: World) -> None:
    for amount in (5, 7):
        tx = deposit(world, ALICE, amount)
    bury(world)
    tamper("UPDATE settlement_escrowlog SET amount = 8 WHERE amount = 7")
    index_all(world)
    said = f"deposit:{tx}:0: the chain says 8 wei for {ALICE}, the ledger 7 wei for {ALICE}"
    assert escrow_problem() == f"deposits by the logs, by the ledger: 13 and 12 wei; {said}"
    tamper("UPDATE settlement_escrowlog SET amount = 7 WHERE amount = 8")
    index_all(world)
    assert escrow_problem() is None


def test_reconcile__credited_without_a_log__the_entry_is_named(world: World) -> None:
    deposit(world, ALICE, 5)
    bury(world)
    funding.credit(account=BOB, amount=1, block=3, tx=TX, log_index=0, now=world.node.now())
    index_all(world)
    assert f"deposit:{TX}:0: the chain says nothing, the ledger 1 wei for {BOB}" in str(escrow_problem())


def test_reconcile__two_rows_that_make_up_for_each_other__found_row_by_row(world: World) -> None:
    deposit(world, ALICE, 5)
    deposit(world, BOB, 7)
    bury(world)
    tamper(f"UPDATE settlement_escrowlog SET account = '{ALICE}' WHERE account = '{BOB}'")
    index_all(world)
    assert escrow_problem() is None, "the sums agree"
    assert f"the chain says 7 wei for {ALICE}, the ledger 7 wei for {BOB}" in first_row()
    with pytest.raises(CommandError, match="the chain says 7 wei"):
        call_command("reconcile", stdout=StringIO())


def test_reconcile__a_log_that_the_index_lost__sends_to_reindex(world: World) -> None:
    deposit(world, ALICE, 5)
    bury(world)
    nodes_see = "run manage.py reindex --check"
    tamper("UPDATE settlement_escrowlog SET kind = 'RootsEnded', entry = NULL")
    index_all(world)
    assert "deposit:" in str(escrow_problem()), "the ledger has it"
    tamper("UPDATE settlement_escrowlog SET kind = 'Deposited', entry = 1, block = 99999")
    index_all(world)
    assert nodes_see in str(escrow_problem())
    tamper("UPDATE settlement_escrowlog SET block = 6")


def test_reconcile__operators_deposits__counted_apart(world: World) -> None:
    deposit(world, ALICE, 5)
    person("alice").deposit(100, world.node.now())
    bury(world)
    assert (selectors.balance(names.OUTSIDE), escrow_problem()) == (-105, None)


def test_exit__final__roots_wait_for_ever(world: World) -> None:
    deposit(world, ALICE, 5)
    bury(world)
    world.node.mine_at(world.node.now() + 2_000)
    world.holder(3).send(escrow(world.client).call("exit_uncounted", ALICE))
    bury(world)
    assert logs(kind="Exited") == [(ALICE, 5, "FINAL")]
    assert "5 wei have left by the exit" in str(escrow_problem())
    assert the_index().stopped == ""
