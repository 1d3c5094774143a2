"""The command line: what there is to type, and what it runs. Money is in wei, or in ether as 0.5ether."""

from __future__ import annotations

import argparse
from pathlib import Path

from reporter import disputing, money
from reporter.attest.chain import Chain
from reporter.attest.config import add_options
from reporter.evidence import hand_in
from reporter.keys import load_key
from reporter.options import Commands, Options, add_command, add_evidence, now, price, wei
from reporter.report_commands import add_reporting
from reporter.sending import send_stored
from reporter.service import Service
from reporter.set_commands import add_set
from reporter.stop import Stop
from reporter.verify import verify


def parser() -> argparse.ArgumentParser:
    """All commands with their options; each sets `run`."""
    top = argparse.ArgumentParser(
        prog="python -m reporter",
        description="Report, dispute, vote, verify and attest expiry prices. Nothing is sent without --send.",
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    add_reporting(commands)
    _add_dispute(commands)
    _add_moves(commands)
    _add_money(commands)
    _add_vote(commands)
    _add_rule(commands)
    _add_verify(commands)
    _add_attest(commands)
    add_set(commands)
    return top


def _add_dispute(commands: Commands) -> None:
    command = add_command(commands, "dispute", "pledge against the standing price", _dispute, sends=True, leaves=True)
    command.add_argument("--expiry", required=True, help="its id or slug")
    command.add_argument("--price", type=price, required=True, help="the price that is right instead")
    command.add_argument("--amount", type=wei, required=True, help="the most to pledge; what is not needed stays free")
    command.add_argument("--until", type=int, default=300, help="seconds for which it is meant (default %(default)s)")
    add_evidence(command)


def _dispute(options: Options) -> None:
    disputing.dispute(
        Service(options.url), load_key(options.key_file), expiry_id=options.expiry, price=options.price,
        amount=options.amount, until=now() + options.until, reason=options.reason, out=options.out,
        sending=options.send, attestors=options.attestor, links=options.link, files=options.file,
    )  # fmt: skip


def _add_moves(commands: Commands) -> None:
    for name, kind, words in (
        ("stake", "Stake", "stake free money, to vote"),
        ("unstake", "Unstake", "take stake back; it is free after the unbonding delay"),
        ("withdraw", "Withdrawal", "ask for free money to leave the book"),
    ):
        command = add_command(commands, name, words, _move, sends=True, leaves=True)
        command.set_defaults(kind=kind)
        command.add_argument("--amount", type=wei, required=True, help="wei, or ether as 0.5ether")


def _move(options: Options) -> None:
    key = load_key(options.key_file)
    disputing.move(
        Service(options.url), key, kind=options.kind, amount=options.amount, out=options.out, sending=options.send,
        attestors=options.attestor,
    )  # fmt: skip


def _add_money(commands: Commands) -> None:
    put = add_command(commands, "deposit", "deposit ether into the escrow as bonds", _deposit, sends=True)
    put.add_argument("--amount", type=wei, required=True, help="wei, or ether as 0.5ether")
    take = add_command(commands, "claim", "have withdrawn money paid by the escrow", _claim, sends=True)
    leave = add_command(commands, "exit", "take everything out, where roots have stopped for long", _exit, sends=True)
    for command in (put, take, leave):
        command.add_argument("--rpc-url", required=True, help="a node of the chain")
        command.add_argument("--account", type=str.lower, help="whose money it is; the key's own where left out")
        command.add_argument("--escrow", help="the escrow's address, where the service is not to be asked")
    for command in (take, leave):
        command.add_argument("--file", type=Path, help="the root's public file, where the service is not to be asked")


def _deposit(options: Options) -> None:
    key = load_key(options.key_file)
    money.deposit(
        _escrow(options), key, account=options.account or key.address, amount=options.amount, sending=options.send
    )


def _claim(options: Options) -> None:
    key = load_key(options.key_file)
    money.claim(
        Service(options.url), _escrow(options), key, account=options.account or key.address, file=options.file,
        sending=options.send,
    )  # fmt: skip


def _exit(options: Options) -> None:
    key = load_key(options.key_file)
    money.leave(
        Service(options.url), _escrow(options), key, account=options.account or key.address, file=options.file,
        now=now(), sending=options.send,
    )  # fmt: skip


def _escrow(options: Options) -> money.EscrowContract:
    address = options.escrow or Service(options.url).about()["escrow"]
    if not address:
        raise Stop("the service has no escrow")
    return money.EscrowContract(Chain([options.rpc_url]), address)


def _add_vote(commands: Commands) -> None:
    command = commands.add_parser("vote", help="commit to a price in a ballot, and reveal it later")
    steps = command.add_subparsers(dest="step", required=True, metavar="STEP")
    words = "commit to a price; its salt is stored beside the receipt"
    commit = add_command(steps, "commit", words, _commit, sends=True, leaves=True)
    commit.add_argument("--price", type=price, required=True, help="the price to vote for")
    reveal = add_command(steps, "reveal", "reveal the vote that was committed", _reveal, sends=True, leaves=True)
    reveal.add_argument("--price", type=price, help="the price that was voted for, with --derive-salt and no file")
    words = "make the salt from a signature of the key, so that no file is needed to reveal (docs/voting.md)"
    for step in (commit, reveal):
        step.add_argument("--expiry", required=True, help="its id or slug")
        step.add_argument("--derive-salt", action="store_true", help=words)


def _commit(options: Options) -> None:
    disputing.commit_vote(
        Service(options.url), load_key(options.key_file), expiry_id=options.expiry, price=options.price,
        out=options.out, sending=options.send, attestors=options.attestor, derive=options.derive_salt,
    )  # fmt: skip


def _reveal(options: Options) -> None:
    key = load_key(options.key_file)
    disputing.reveal_vote(
        Service(options.url), key, expiry_id=options.expiry, out=options.out, sending=options.send,
        attestors=options.attestor, derive=options.derive_salt, price=options.price,
    )  # fmt: skip


def _add_rule(commands: Commands) -> None:
    command = commands.add_parser("rule", help="sign a guardian's share of a ruling, and send k of them together")
    steps = command.add_subparsers(dest="step", required=True, metavar="STEP")
    sign = add_command(steps, "sign", "sign one share and write it to a file", _sign_ruling)
    sign.add_argument("--key-file", type=Path, required=True, help="file with the guardian's private key, mode 600")
    sign.add_argument("--expiry", required=True, help="its id or slug")
    sign.add_argument("--price", type=price, required=True, help="the price that is right")
    sign.add_argument("--reason", required=True, help="why; all guardians must give the same words")
    join = add_command(steps, "send", "put shares of one ruling together and send it", _send_ruling, leaves=True)
    join.add_argument("shares", nargs="+", type=Path, help="files of `rule sign`")
    for step in (sign, join):
        step.add_argument("--out", type=Path, default=Path("receipts"), help="folder for shares and the receipt")


def _sign_ruling(options: Options) -> None:
    disputing.sign_ruling(
        Service(options.url), load_key(options.key_file), expiry_id=options.expiry, price=options.price,
        reason=options.reason, out=options.out,
    )  # fmt: skip


def _send_ruling(options: Options) -> None:
    disputing.send_ruling(Service(options.url), options.shares, out=options.out, attestors=options.attestor)


def _add_verify(commands: Commands) -> None:
    command = add_command(commands, "verify", "run a transcript again: PASS, or the first act that differs", _verify)
    command.add_argument("what", metavar="EXPIRY|FILE", help="a transcript's file, or an expiry's id or slug")
    command.add_argument("--save", type=Path, help="keep the transcript that was fetched")
    again = add_command(commands, "resend", "send a stored act again, where no answer came", _resend, leaves=True)
    again.add_argument("file", type=Path, help="the file that holds the act")
    papers = add_command(commands, "evidence", "hand in the document behind an act's evidence", _evidence)
    papers.add_argument("file", type=Path, help="the document, as `report` and `dispute` leave it")
    papers.add_argument("files", nargs="*", type=Path, help="the files that it names, in any order")


def _evidence(options: Options) -> None:
    hand_in(Service(options.url), options.file, options.files)


def _verify(options: Options) -> int:
    return verify(options.what, Service(options.url), options.save)


def _resend(options: Options) -> None:
    send_stored(Service(options.url), options.file, options.attestor)


def _add_attest(commands: Commands) -> None:
    words = "follow the book, check every price and sign those that hold"
    command = commands.add_parser("attest", help=words, description=words)
    command.set_defaults(run=_attest)
    command.add_argument(
        "action", nargs="?", choices=("run", "release", "refuse"), default="run",
        help="run (the default), or decide about a price that our own check holds back",
    )  # fmt: skip
    command.add_argument("expiry", nargs="?", metavar="EXPIRY", help="whose price is released, or refused for good")
    command.add_argument("--config", type=Path, help="a TOML file of the same names; options override it")
    command.add_argument("--once", action="store_true", help="one round, then exit")
    command.add_argument("--check", action="store_true", help="say of config, key, chain and service: ok or not; exit")
    add_options(command)


def _attest(options: Options) -> int:
    from reporter.attest.program import attest  # its own program: the others need not load it

    return attest(options)
