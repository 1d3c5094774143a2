"""The `set` commands of the command line."""

from __future__ import annotations

import argparse
import re
import time
from pathlib import Path
from typing import TypeAlias

from reporter import signer_set
from reporter.attest.chain import Chain
from reporter.keys import load_key
from reporter.service import Service

Options = argparse.Namespace
Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def add_set(commands: Commands) -> None:
    """`set show | propose | sign | veto | apply`; each sets `run`."""
    words = "who attests: look, propose another set, veto it, apply it"
    steps = commands.add_parser("set", help=words, description=words).add_subparsers(
        dest="step", required=True, metavar="STEP"
    )
    shown = steps.add_parser("show", help="the running set, the one that waits, the guardians")
    shown.set_defaults(run=_show)
    new = steps.add_parser("propose", help="propose another set, with the owner's key")
    new.set_defaults(run=_propose)
    new.add_argument("--attestors", type=_addresses, required=True, help="addresses between commas")
    new.add_argument("--threshold", type=int, required=True, help="how many of them must sign")
    share = steps.add_parser("sign", help="sign a guardian's share of a veto and write it to a file")
    share.set_defaults(run=_sign)
    share.add_argument("--out", type=Path, default=Path("receipts"), help="folder for the share")
    veto = steps.add_parser("veto", help="send k guardians' shares: the set that waits is dropped")
    veto.set_defaults(run=_veto)
    veto.add_argument("shares", nargs="+", type=Path, help="files of `set sign`")
    use = steps.add_parser("apply", help="put the set that has waited to work; anyone can")
    use.set_defaults(run=_apply)
    for step in (shown, new, share, veto, use):
        step.add_argument("--url", default="http://127.0.0.1:8000", help="the service (default %(default)s)")
        step.add_argument("--rpc-url", required=True, action="append", help="a node of the chain; several must agree")
        step.add_argument("--oracle", type=str.lower, help="its address, where the service is not to be asked")
    for step in (new, share, veto, use):
        step.add_argument("--key-file", type=Path, required=True, help="file with the private key, mode 600")
    for step in (new, veto, use):
        step.add_argument("--send", action="store_true", help="really send it; without, this is a dry run")


def _show(options: Options) -> None:
    signer_set.show(_oracle(options), _now())


def _propose(options: Options) -> None:
    signer_set.propose(
        _oracle(options), load_key(options.key_file), members=options.attestors, threshold=options.threshold,
        now=_now(), sending=options.send,
    )  # fmt: skip


def _sign(options: Options) -> None:
    signer_set.sign_veto(_oracle(options), load_key(options.key_file), out=options.out)


def _veto(options: Options) -> None:
    key = load_key(options.key_file)
    signer_set.veto(_oracle(options), key, options.shares, now=_now(), sending=options.send)


def _apply(options: Options) -> None:
    signer_set.apply(_oracle(options), load_key(options.key_file), now=_now(), sending=options.send)


def _oracle(options: Options) -> signer_set.OracleContract:
    address = options.oracle or Service(options.url).about()["oracle"]
    return signer_set.OracleContract(Chain(options.rpc_url), address)


def _addresses(text: str) -> list[str]:
    found = [each.strip().lower() for each in text.split(",")]
    for each in found:
        if not re.fullmatch(r"0x[0-9a-f]{40}", each):
            raise argparse.ArgumentTypeError(f"{each!r} is no address: 0x and 40 hex digits")
    return found


def _now() -> int:
    return int(time.time())
