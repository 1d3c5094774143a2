"""What a soak stands on: a chain with our contracts, three proxies before it, a database emptied for each seed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast
from unittest.mock import patch

from django.apps import apps
from django.core.cache import caches
from django.core.management import call_command
from django.db import connection
from django.test import override_settings

from dev import accounts, anvil
from dev.folders import RunFolder
from dev.supervisor import Supervisor
from oracle import clock
from settlement.chain.client import Client
from tests.chain.node import RunFolderAt
from tests.proxy.node import FaultyNode, before
from tests.proxy.plan import Plan
from tests.proxy.rules import Finality, Pool
from tests.soak.chain import CHAIN_ID, Chain

NODES, QUORUM = 3, 2
FINAL_DEPTH = CONFIRMATION = 6
REORG_BOUND = 4
DELAY_SECONDS = 30
APPS = ("ledger", "oracle", "disputes", "settlement")


@dataclass
class Ground:
    """`client` asks the chain itself, past all proxies; `now` is the time that tasks read off the clock."""

    chain: Chain
    client: Client
    nodes: list[FaultyNode]
    pool: Pool
    finality: Finality
    snapshot: str
    now: int = 0

    def begin(self, seed: int) -> None:
        """The chain as it was after the contracts were deployed, an empty database, proxies without faults."""
        self.chain.rpc("evm_revert", self.snapshot)
        self.chain.rpc("anvil_dropAllTransactions")
        self.snapshot = self.chain.rpc("evm_snapshot")
        self.chain.rpc("evm_setAutomine", False)
        self.chain.again()
        self.pool.again()
        self.finality.again()
        for number, node in enumerate(self.nodes):
            node.again(Plan(f"{seed}:{number}"))
        empty()
        self.now = self.chain.now() + 1


def empty() -> None:
    """Every table of ours without a row, past the triggers that would refuse it."""
    tables = [model._meta.db_table for name in APPS for model in apps.get_app_config(name).get_models()]
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(f"TRUNCATE {', '.join(sorted(set(tables)))} RESTART IDENTITY CASCADE")
        cursor.execute("SET session_replication_role = DEFAULT")
    for cache in caches.all():
        cache.clear()


@contextmanager
def prepared(folder: Path) -> Iterator[Ground]:
    """Start the chain, deploy, stand the proxies before it, and let the settings and the clock say so."""
    with ExitStack() as stack:
        supervisor = stack.enter_context(Supervisor(folder, owns_process=False))
        url = anvil.start(supervisor, cast(RunFolder, RunFolderAt(folder)), keep_history=True, name="soak")
        stack.enter_context(_settings(url, folder))
        pool, finality = Pool(), Finality(FINAL_DEPTH)
        plans = [Plan(str(number)) for number in range(NODES)]
        nodes = stack.enter_context(before(url, plans, pool=pool, finality=finality))
        urls = [node.url for node in nodes]
        stack.enter_context(override_settings(RPC_URL=urls[0], RPC_URLS=urls, RPC_QUORUM=QUORUM))
        chain = Chain(url)
        chain.rpc("evm_setAutomine", False)
        ground = Ground(chain, Client(url, CHAIN_ID), nodes, pool, finality, chain.rpc("evm_snapshot"))
        stack.enter_context(patch.object(clock, "now", lambda: ground.now))
        # It reads the whole environment anew for each request, which is a third of all the time.
        stack.enter_context(patch("requests.sessions.get_environ_proxies", lambda *_, **__: {}))
        yield ground


@contextmanager
def _settings(url: str, folder: Path) -> Iterator[None]:
    file = folder / "contracts.json"
    with override_settings(
        RPC_URL=url,
        RPC_URLS=[url],
        RPC_QUORUM=1,
        CONTRACTS_FILE=file,
        PUBLISHER_KEY=accounts.key(accounts.PUBLISHER),
        FINALITY_TAG="finalized",
        CONFIRMATION_DEPTH=CONFIRMATION,
        REORG_BOUND=REORG_BOUND,
        ROOT_SECONDS=60,
    ):
        call_command("deploy_contracts", *_rules(), verbosity=0)
        said = json.loads(file.read_text())
        with override_settings(
            ORACLE_ADDRESS=said["oracle"],
            FACTORY_ADDRESS=said["factory"],
            FEEDS_ADDRESS=said["feeds"],
            ESCROW_ADDRESS=said["escrow"],
            FACTORY_BLOCK=said["block"],
            ESCROW_BLOCK=said["escrow_block"],
        ):
            yield


def _rules() -> list[str]:
    return [
        *("--attestors", accounts.addresses(accounts.ATTESTORS), "--attestor-threshold", "3"),
        *("--guardians", accounts.addresses(accounts.GUARDIANS), "--guardian-threshold", "2"),
        *("--delay", str(DELAY_SECONDS), "--set-delay", "100"),
        *("--escrow-delay", str(DELAY_SECONDS), "--exit-delay", "100000"),
    ]
