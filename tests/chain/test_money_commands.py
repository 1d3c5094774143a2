"""`deposit`, `claim` and `exit` of the command line, on a real chain; they believe neither service nor file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from dev import accounts
from reporter.attest.chain import Chain
from reporter.keys import Key
from reporter.money import EscrowContract, claim, deposit, leave
from reporter.service import Service, Unreachable
from reporter.stop import Stop
from settlement.services.roots import document_of
from tests.cast import ETHER, person
from tests.chain.conftest import FINALITY, HOLDERS, World
from tests.chain.escrow import free, index_all
from tests.chain.roots import credited, made_final, withdraw
from tests.flows.following import service

ALICE = person("alice")
PAYER = Key(accounts.key(HOLDERS[2]))


def escrow(world: World) -> EscrowContract:
    return EscrowContract(Chain([world.node.url]), settings.ESCROW_ADDRESS)


class Nobody(Service):
    """A service that has gone."""

    def __init__(self) -> None:
        super().__init__("http://nobody.test")

    def _ask(self, method: str, path: str, **arguments: Any) -> dict[str, Any]:
        raise Unreachable("nobody is there")


def test_deposit_and_claim__for_somebody_else__arrive_to_the_wei(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    deposit(escrow(world), PAYER, account=ALICE.address, amount=3 * ETHER, sending=False)
    assert "dry run" in capsys.readouterr().out
    deposit(escrow(world), PAYER, account=ALICE.address, amount=3 * ETHER, sending=True)
    world.node.mine(FINALITY)
    index_all(world)
    assert free(ALICE.address) == 3 * ETHER
    withdraw(world, ALICE, ETHER + 5)
    made_final(world, tmp_path)
    claim(service(), escrow(world), PAYER, account=ALICE.address, file=None, sending=True)
    assert world.client.balance(ALICE.address) == ETHER + 5
    with pytest.raises(Stop, match="nothing to claim"):
        claim(service(), escrow(world), PAYER, account=ALICE.address, file=None, sending=True)


def test_claim__leaf_that_is_not_under_the_contract_s_root__is_not_sent(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    credited(world, (ALICE, ETHER))
    withdraw(world, ALICE, 5)
    made_final(world, tmp_path)
    lying = service()
    document = lying.leaf(ALICE.address, 1)
    monkeypatch.setattr(lying, "leaf", lambda account, epoch: document | {"withdrawable": "6"})
    with pytest.raises(Stop, match="not in the root of epoch 1"):
        claim(lying, escrow(world), PAYER, account=ALICE.address, file=None, sending=True)
    monkeypatch.setattr(lying, "leaf", lambda account, epoch: {})
    with pytest.raises(Stop, match="cannot be read"):
        claim(lying, escrow(world), PAYER, account=ALICE.address, file=None, sending=True)


def test_exit__service_is_gone__by_the_public_file_alone(world: World, tmp_path: Path) -> None:
    credited(world, (ALICE, 2 * ETHER))
    root = made_final(world, tmp_path)
    file = tmp_path / "root.json"
    file.write_bytes(document_of(root))
    credited(world, (ALICE, 7), (person("bob"), 9))
    arguments: dict[str, Any] = {"file": file, "sending": True}
    with pytest.raises(Stop, match="not open"):
        leave(Nobody(), escrow(world), PAYER, account=ALICE.address, now=world.node.now(), **arguments)
    world.node.mine_at(world.node.now() + 2_000)
    now = world.node.now()
    leave(Nobody(), escrow(world), PAYER, account=ALICE.address, now=now, **arguments)
    leave(Nobody(), escrow(world), PAYER, account=person("bob").address, now=now, **arguments)
    assert [world.client.balance(person(who).address) for who in ("alice", "bob")] == [2 * ETHER + 7, 9]
    with pytest.raises(Stop, match="nothing to exit with"):
        leave(Nobody(), escrow(world), PAYER, account=ALICE.address, now=now, **arguments)


def test_exit__file_of_another_root__is_not_sent(world: World, tmp_path: Path) -> None:
    credited(world, (ALICE, 2 * ETHER))
    root = made_final(world, tmp_path)
    document = json.loads(document_of(root))
    document["leaves"][0][2] = str(3 * ETHER)
    file = tmp_path / "root.json"
    file.write_text(json.dumps(document))
    with pytest.raises(Stop, match="cannot be read: its leaves give the root"):
        leave(
            Nobody(), escrow(world), PAYER, account=ALICE.address, file=file, now=world.node.now(), sending=True
        )
