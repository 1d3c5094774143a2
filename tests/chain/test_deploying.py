"""manage.py deploy_contracts, and a node that is not the one it should be."""

from __future__ import annotations

import json
import time
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from dev import accounts
from settlement import tasks
from settlement.chain import contracts
from settlement.chain.client import connect
from settlement.chain.errors import NotDeployed, WrongChain
from settlement.chain.escrow import Escrow
from settlement.chain.feeds import PriceFeed, PriceFeedFactory
from settlement.chain.providers import StaleReads
from settlement.models import ChainTransaction
from settlement.services.publishing import publish
from settlement.stages import PublicationStage
from tests.chain.conftest import DELAY, World, deploy_options
from tests.chain.node import Node, running


def test_deploy__fresh_chain__the_oracle_has_the_rules_of_the_options(deployed: Path) -> None:
    oracle = contracts.oracle(connect())
    members, threshold = oracle.attestors()
    assert sorted(members) == sorted(accounts.address(each) for each in accounts.ATTESTORS)
    assert threshold == 3
    assert oracle.read("DELAY") == DELAY
    assert str(oracle.read("owner")).lower() == accounts.address(accounts.PUBLISHER)
    assert oracle.client.has_code(json.loads(deployed.read_text())["factory"])


def test_deploy__again__says_so_and_does_nothing(deployed: Path, node: Node) -> None:
    before, height, out = deployed.read_text(), node.height(), StringIO()
    call_command("deploy_contracts", *deploy_options(), stdout=out)
    assert out.getvalue().startswith("deployed already: oracle 0x")
    assert (deployed.read_text(), node.height()) == (before, height)


def test_deploy__before_there_were_feeds__adds_them_and_leaves_the_rest(deployed: Path) -> None:
    before = json.loads(deployed.read_text())
    deployed.write_text(json.dumps({name: value for name, value in before.items() if name != "feeds"}))
    call_command("deploy_contracts", *deploy_options(), stdout=StringIO())
    after = json.loads(deployed.read_text())
    assert after.pop("feeds") != before.pop("feeds")
    assert after == before
    feeds = PriceFeedFactory(connect(), json.loads(deployed.read_text())["feeds"])
    assert str(PriceFeed(connect(), feeds.read("FEED")).read("oracle")).lower() == before["oracle"]


def test_deploy__before_there_was_an_escrow__adds_it_to_the_oracle_that_stands(deployed: Path) -> None:
    before = json.loads(deployed.read_text())
    deployed.write_text(json.dumps({name: before[name] for name in ("oracle", "factory", "block")}))
    call_command("deploy_contracts", *deploy_options(), stdout=StringIO())
    after = json.loads(deployed.read_text())
    assert {name: after[name] for name in ("oracle", "factory", "block")}.items() <= before.items()
    assert after["escrow"] != before["escrow"] and after["escrow_block"] > before["escrow_block"]
    escrow = Escrow(connect(), after["escrow"])
    assert str(escrow.read("ORACLE")).lower() == before["oracle"]
    assert (escrow.read("DELAY"), escrow.read("EXIT_DELAY")) == (DELAY, 1_000)


def test_deploy__file_of_another_chain__deploys_anew(deployed: Path, tmp_path: Path, settings: Any) -> None:
    (tmp_path / "other").mkdir()
    with running(tmp_path / "other") as other:
        settings.RPC_URL, settings.RPC_URLS = other.url, [other.url]
        deployed.write_text(json.dumps({"oracle": "0x" + "ab" * 20, "factory": "0x" + "cd" * 20, "block": 9}))
        call_command("deploy_contracts", *deploy_options(), stdout=StringIO())
        assert json.loads(deployed.read_text())["block"] == 1


@pytest.mark.parametrize(
    "options, reason",
    [
        (["--attestor-threshold", "6"], "threshold above the members"),
        (["--delay", "0"], "delay is zero"),
        (["--set-delay", str(DELAY)], "set_delay must exceed delay"),
        (["--attestors", "0x12"], "--attestors: '0x12' is no address"),
        (["--attestors", ",".join(["0x" + "11" * 20] * 3)], "members do not ascend"),
    ],
)
def test_deploy__rules_that_the_oracle_refuses__one_line_with_its_reason(
    deployed: Path, options: list[str], reason: str
) -> None:
    deployed.unlink()
    with pytest.raises(CommandError, match=reason):
        call_command("deploy_contracts", *deploy_options(), *options)
    assert not deployed.exists()


def test_deploy__settings_missing__says_which(deployed: Path, settings: Any) -> None:
    settings.PUBLISHER_KEY = ""
    with pytest.raises(CommandError, match="PUBLISHER_KEY"):
        call_command("deploy_contracts", *deploy_options())
    settings.CONTRACTS_FILE = None
    with pytest.raises(CommandError, match="CONTRACTS_FILE"):
        call_command("deploy_contracts", *deploy_options())


def test_connect__wrong_chain_id__stops(node: Node, settings: Any) -> None:
    settings.RPC_URL, settings.RPC_URLS, settings.CHAIN_ID = node.url, [node.url], 1
    with pytest.raises(WrongChain, match="the node is on chain 31337, CHAIN_ID is 1"):
        connect()


def test_connect__nobody_there__no_quorum(settings: Any) -> None:
    settings.RPC_URL, settings.RPC_URLS = "http://127.0.0.1:1", ["http://127.0.0.1:1"]
    with pytest.raises(StaleReads):
        connect()


def test_contracts__nothing_at_the_address__not_deployed(node: Node, settings: Any) -> None:
    settings.RPC_URL, settings.RPC_URLS, settings.ORACLE_ADDRESS = node.url, [node.url], "0x" + "0a" * 20
    with pytest.raises(NotDeployed):
        contracts.oracle(connect()).attestors()
    settings.ORACLE_ADDRESS = ""
    with pytest.raises(NotDeployed, match="deploy_contracts"):
        contracts.oracle(connect())


def test_tasks__wrong_chain_or_none__one_line_and_nothing_moves(world: World, settings: Any) -> None:
    publication, _ = world.signed()
    settings.CHAIN_ID = 1
    assert tasks.publish() == "WrongChain: the node is on chain 31337, CHAIN_ID is 1: set RPC_URL or CHAIN_ID"
    settings.CHAIN_ID, settings.RPC_URLS = 31337, ["http://127.0.0.1:1"]
    assert tasks.publish().startswith("StaleReads: ")
    publication.refresh_from_db()
    assert publication.stage == PublicationStage.SIGNED
    assert not ChainTransaction.objects.exists()


def test_publish__another_chain_with_the_same_id__leaves_the_old_chains_transactions_alone(
    world: World, tmp_path: Path, settings: Any
) -> None:
    publication, now = world.signed()
    publish(now=now)
    old = ChainTransaction.objects.get()
    (tmp_path / "other").mkdir()
    time.sleep(1.1)  # two chains that begin in the same second have the same block 0
    with running(tmp_path / "other") as other:
        settings.RPC_URL, settings.RPC_URLS = other.url, [other.url]
        settings.CONTRACTS_FILE.unlink()
        call_command("deploy_contracts", *deploy_options(), stdout=StringIO())
        publish(now=now + 60)
        assert connect().receipt(old.hash) is None
        old.refresh_from_db()
        publication.refresh_from_db()
        assert publication.stage == PublicationStage.SENT
