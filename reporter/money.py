"""`deposit`, `claim`, `exit`: money into the escrow and out of it, by one's own transactions (PROTOCOL 8, Escrow).

Claim and exit believe nobody: leaf and proof come from the service or from a file, and are checked against the root
that stands in the contract. With `--file` and `--escrow` they need no service at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from protocol.entry import read_integer
from protocol.escrow import Leaf, Statement
from protocol.hashing import address_word, bytes32_word, keccak, to_hex, uint256_word
from reporter.attest.chain import Chain, word
from reporter.keys import Key
from reporter.sending import load
from reporter.service import Problem, Service
from reporter.stop import Stop
from reporter.units import show_ether, show_table, show_time
from reporter.wallet import Wallet

_LEAF = "address,uint256,uint256,uint256,bytes32[]"


@dataclass(frozen=True, slots=True)
class FinalRoot:
    """The root in the contract that claims are proven against."""

    epoch: int
    root: str


class EscrowContract:
    """What is asked of the escrow at `address`, and the calls that can be sent to it."""

    def __init__(self, chain: Chain, address: str) -> None:
        self.chain, self.address = chain, address
        if not chain.has_code(address):
            raise Stop(f"there is no contract at the escrow's address {address}")

    def final_root(self) -> FinalRoot:
        words = self._view("final_root()")
        return FinalRoot(word(words, 0), to_hex(uint256_word(word(words, 1))))

    def paid(self, account: str) -> int:
        return self._number("paid(address)", address_word(account))

    def deposited(self, account: str) -> int:
        return self._number("deposited(address)", address_word(account))

    def exit_opens_at(self) -> int:
        return self._number("exit_opens_at()")

    def deposit(self, account: str) -> str:
        return _call("deposit(address)", address_word(account))

    def prove(self, function: str, leaf: Leaf, proof: Sequence[str]) -> str:
        """The call of `claim` or `exit`."""
        numbers = map(uint256_word, (leaf.withdrawable, leaf.entitled, leaf.deposited, 5 * 32, len(proof)))
        return _call(f"{function}({_LEAF})", address_word(leaf.account), *numbers, *map(bytes32_word, proof))

    def exit_uncounted(self, account: str) -> str:
        return _call("exit_uncounted(address)", address_word(account))

    def _view(self, function: str, *words: bytes) -> str:
        return self.chain.view(self.address, _call(function, *words))

    def _number(self, function: str, *words: bytes) -> int:
        return word(self._view(function, *words), 0)


def deposit(escrow: EscrowContract, key: Key, *, account: str, amount: int, sending: bool) -> None:
    """Deposit `amount` wei for an account; it is spendable once its block is final and the service has counted it."""
    print(show_table([("escrow", escrow.address), ("for", account), ("deposit", show_ether(amount))]))
    _send(escrow, key, escrow.deposit(account), sending, amount)


def claim(
    service: Service, escrow: EscrowContract, key: Key, *, account: str, file: Path | None, sending: bool
) -> None:
    """Have an account paid what it asked to withdraw, by the root that is final in the contract."""
    leaf, proof, epoch = _proven(service, escrow, account, file)
    paid = escrow.paid(account)
    print(show_table([
        ("account", account), ("by the root of epoch", str(epoch)), ("asked for", show_ether(leaf.withdrawable)),
        ("paid before", show_ether(paid)), ("to claim", show_ether(max(0, leaf.withdrawable - paid))),
    ]))  # fmt: skip
    if leaf.withdrawable <= paid:
        raise Stop("there is nothing to claim: a withdrawal is in the next root after it, final some time later")
    _send(escrow, key, escrow.prove("claim", leaf, proof), sending)


def leave(
    service: Service, escrow: EscrowContract, key: Key, *, account: str, file: Path | None, now: int, sending: bool
) -> None:
    """The exit, where no root came for long: all that is the account's own, and deposits that no root has counted."""
    opens, paid = escrow.exit_opens_at(), escrow.paid(account)
    deposited = escrow.deposited(account)
    try:
        leaf, proof, _ = _proven(service, escrow, account, file)
    except NoLeaf:
        leaf, proof = Leaf(account), []
    owed = leaf.entitled + max(0, deposited - leaf.deposited)
    print(show_table([
        ("account", account), ("its own by the last root", show_ether(leaf.entitled)),
        ("deposited since", show_ether(max(0, deposited - leaf.deposited))), ("paid before", show_ether(paid)),
        ("to get", show_ether(max(0, owed - paid))), ("the exit opens at", show_time(opens)),
    ]))  # fmt: skip
    if now < opens:
        raise Stop("the exit is not open: roots still come")
    if owed <= paid:
        raise Stop("there is nothing to exit with")
    known = leaf != Leaf(account)
    _send(escrow, key, escrow.prove("exit", leaf, proof) if known else escrow.exit_uncounted(account), sending)


class NoLeaf(Stop):
    """The account stands in no leaf of the final root."""


def _proven(
    service: Service, escrow: EscrowContract, account: str, file: Path | None
) -> tuple[Leaf, list[str], int]:
    """The account's leaf and proof under the contract's final root, from a file or from the service."""
    final = escrow.final_root()
    try:
        leaf, proof = _from_file(file, account) if file else _from_service(service, account, final.epoch)
        holds = leaf.proves(final.root, proof)
    except (ValueError, TypeError) as error:
        raise Stop(f"the leaf cannot be read: {error}") from None
    if not holds:
        raise Stop(f"this leaf is not in the root of epoch {final.epoch} that is final in the contract")
    return leaf, proof, final.epoch


def _from_file(file: Path, account: str) -> tuple[Leaf, list[str]]:
    statement = Statement.from_json(load(file))
    if account not in statement.leaves:
        raise NoLeaf(f"{account} has no leaf in {file}")
    return statement.leaves[account], statement.proof(account)


def _from_service(service: Service, account: str, epoch: int) -> tuple[Leaf, list[str]]:
    try:
        document: Mapping[str, Any] = service.leaf(account, epoch)
    except Problem as problem:
        if problem.status == 404:
            raise NoLeaf(f"the service has no leaf of {account} in the root of epoch {epoch}") from None
        raise
    try:
        amounts = (read_integer(document[name]) for name in ("withdrawable", "entitled", "deposited"))
        return Leaf(account, *amounts), list(document["proof"])
    except KeyError as error:
        raise ValueError(f"{error} is missing") from None


def _send(escrow: EscrowContract, key: Key, data: str, sending: bool, value: int = 0) -> None:
    if sending:
        print(f"done by transaction {Wallet(escrow.chain, key).send(escrow.address, data, value)}")
    else:
        print("dry run: nothing was sent; add --send")


def _call(function: str, *words: bytes) -> str:
    return to_hex(keccak(function.encode())[:4] + b"".join(words))
