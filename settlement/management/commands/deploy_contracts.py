"""manage.py deploy_contracts"""

import json
import re
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser

from oracle.management.shell import ShellCommand
from settlement.chain import quorum
from settlement.chain.client import Connection, connect
from settlement.chain.deploy import Deployed, EscrowRules, Rules, deploy, deploy_escrow, deploy_feeds
from settlement.chain.errors import ChainError
from settlement.chain.wallet import Wallet
from settlement.signers.configured import configured
from settlement.signers.signer import CannotSign


class Command(ShellCommand):
    """Oracle, series, factory, feeds and escrow; their addresses go into CONTRACTS_FILE."""

    help = (
        "Deploy oracle, series, factory, feeds and escrow, and write their addresses into CONTRACTS_FILE;"
        " what stands there already is left as it is. Guardians and delays are fixed for ever. It needs a"
        " signer, and waits for about seven blocks."
    )
    when = "once for each chain; again after a version that brings another contract"
    changes = "the chain, and CONTRACTS_FILE"
    example = (
        "manage.py deploy_contracts --attestors A,B,C --attestor-threshold 2 \\\n"
        "    --guardians D,E,F --guardian-threshold 2"
    )
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--owner", help="proposes changes of the attestor set (default: who deploys)")
        parser.add_argument("--attestors", required=True, help="addresses between commas")
        parser.add_argument(
            "--attestor-threshold", type=int, required=True, help="how many must sign a price"
        )
        parser.add_argument("--guardians", required=True, help="addresses between commas, fixed for ever")
        parser.add_argument(
            "--guardian-threshold", type=int, required=True, help="how many must sign a cancel"
        )
        parser.add_argument(
            "--delay", type=int, default=3_600, help="seconds in which guardians can cancel a price"
        )
        parser.add_argument(
            "--set-delay", type=int, default=172_800, help="seconds that a new attestor set waits"
        )

        parser.add_argument(
            "--escrow-delay", type=int, default=86_400, help="seconds in which guardians can cancel a root"
        )
        parser.add_argument(
            "--exit-delay", type=int, default=1_209_600, help="seconds without a root after which everybody may exit"
        )
        parser.add_argument(
            "--outflow-cap", type=int, default=0, help="wei that claims may take out by one root; 0: any amount"
        )
        parser.add_argument(
            "--first-epoch", type=int, default=1, help="above every root signed for an earlier escrow of this oracle"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        file = settings.CONTRACTS_FILE
        if file is None:
            raise CommandError("CONTRACTS_FILE is not set: it says where the addresses are written")
        try:
            payer = configured()
        except CannotSign as error:
            raise CommandError(str(error)) from error
        rules = self._rules(options, payer.address)
        names = ("exit_delay", "outflow_cap", "first_epoch")
        escrow_rules = EscrowRules(options["escrow_delay"], **{name: options[name] for name in names})
        try:
            client = connect()
            wallet, present = Wallet(client, payer), _present(client, file)
            if present:
                deployed = _rest(client, wallet, present, rules, escrow_rules)
            else:
                deployed = deploy(wallet, rules, escrow_rules)
            if deployed == present:
                self.stdout.write(f"deployed already: {_told(deployed)}")
                return
        except ChainError as error:
            raise CommandError(str(error)) from error
        _write(file, deployed)
        self.stdout.write(f"deployed in block {deployed.block}: {_told(deployed)}")

    def _rules(self, options: dict[str, Any], payer: str) -> Rules:
        return Rules(
            owner=_addresses("--owner", options["owner"] or payer)[0],
            attestors=_addresses("--attestors", options["attestors"]),
            attestor_threshold=options["attestor_threshold"],
            guardians=_addresses("--guardians", options["guardians"]),
            guardian_threshold=options["guardian_threshold"],
            delay=options["delay"],
            set_delay=options["set_delay"],
        )


def _told(deployed: Deployed) -> str:
    names = ("oracle", "factory", "feeds", "escrow")
    return ", ".join(f"{name} {getattr(deployed, name)}" for name in names)


def _rest(
    client: Connection, wallet: Wallet, present: Deployed, rules: Rules, escrow_rules: EscrowRules
) -> Deployed:
    """What an earlier version did not deploy yet. An oracle that is in use stays: prices and signatures stand on it."""
    whole = present
    if not (whole.feeds and _stands(client, whole.feeds)):
        whole = replace(whole, feeds=deploy_feeds(wallet, whole.oracle))
    if not (whole.escrow and _stands(client, whole.escrow)):
        escrow, block = deploy_escrow(wallet, rules.owner, whole.oracle, escrow_rules)
        whole = replace(whole, escrow=escrow, escrow_block=block)
    return whole


def _addresses(option: str, value: str) -> list[str]:
    found = [word.strip().lower() for word in value.split(",")]
    for each in found:
        if not re.fullmatch(r"0x[0-9a-f]{40}", each):
            raise CommandError(f"{option}: {each!r} is no address")
    return found


def _present(client: Connection, file: Path) -> Deployed | None:
    """What the file names, if there is code at it on this chain."""
    if not file.exists():
        return None
    named = Deployed(**{"escrow": "", "escrow_block": 0, "feeds": "", **json.loads(file.read_text())})
    return named if _stands(client, named.oracle) and _stands(client, named.factory) else None


def _stands(client: Connection, address: str) -> bool:
    """By a quorum: one node that knows of no contracts must not have them deployed anew."""
    return client.nodes.has_code(quorum.newest_block(client.nodes), address)


def _write(file: Path, deployed: Deployed) -> None:
    """Replace the file as a whole, so that no reader sees half of it; assize/contracts_file.py reads it."""
    fresh = file.with_suffix(".new")
    fresh.write_text(json.dumps(asdict(deployed), indent=2) + "\n")
    fresh.replace(file)
