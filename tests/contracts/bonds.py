"""The escrow on the test chain, and the acts on it that most tests need."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from eth_account.signers.local import LocalAccount
from web3.contract import Contract

from protocol import merkle
from tests.contracts.evm import ATTESTORS, GUARDIANS, Court, Evm

ROOT_DELAY_S = 3_600
EXIT_DELAY_S = 86_400
FIRST_EPOCH = 7
LEAF_TYPES = ("address", "uint256", "uint256", "uint256")


class Leaf(NamedTuple):
    """One account's leaf of a root, amounts in wei since the beginning (PROTOCOL 8)."""

    account: str
    withdrawable: int
    entitled: int
    deposited: int

    @property
    def hash(self) -> str:
        return merkle.leaf(LEAF_TYPES, (self.account.lower(), *self[1:]))


def tree(leaves: Sequence[Leaf]) -> merkle.Tree:
    return merkle.Tree(leaf.hash for leaf in leaves)


@dataclass(frozen=True)
class Bonds:
    court: Court
    escrow: Contract

    @property
    def evm(self) -> Evm:
        return self.court.evm

    def deposit(self, account: str, amount: int, sender: str | None = None) -> Any:
        """The receipt of a deposit for `account`, by itself where no sender is given."""
        return self.evm.send(self.escrow.functions.deposit(account), sender or account, amount)

    def root(
        self,
        leaves: Sequence[Leaf],
        epoch: int | None = None,
        counted_to: int | None = None,
        keys: Sequence[LocalAccount] = ATTESTORS[:3],
    ) -> Any:
        """The post of a root over `leaves`, by default the next one, counting every deposit that is there."""
        return self.root_of(tree(leaves).root, epoch, counted_to, keys)

    def root_of(
        self,
        root: str,
        epoch: int | None = None,
        counted_to: int | None = None,
        keys: Sequence[LocalAccount] = ATTESTORS[:3],
    ) -> Any:
        """The same, of a tree's root."""
        if epoch is None:
            epoch = self.evm.read(self.escrow.functions.next_epoch())
        if counted_to is None:
            counted_to = self.evm.w3.eth.block_number
        signed = bytes.fromhex(root[2:])
        signatures = self.court.sign(keys, "Root", {"epoch": epoch, "root": signed, "block": counted_to})
        return self.escrow.functions.post_root(epoch, signed, counted_to, signatures)

    def cancellation(self, epoch: int, keys: Sequence[LocalAccount] = GUARDIANS[:2]) -> Any:
        return self.escrow.functions.cancel_root(epoch, self.court.sign(keys, "CancelRoot", {"epoch": epoch}))

    def make_final(self, leaves: Sequence[Leaf], counted_to: int | None = None) -> None:
        """Post a root and let its delay pass."""
        self.evm.send(self.root(leaves, counted_to=counted_to))
        self.pass_time(ROOT_DELAY_S)

    def fall_silent(self) -> None:
        """Let the time come from which the exit is open."""
        self.evm.set_time(self.evm.read(self.escrow.functions.exit_opens_at()))

    def pass_time(self, seconds: int) -> None:
        self.evm.set_time(self.evm.now() + seconds)

    def claim(self, leaf: Leaf, leaves: Sequence[Leaf]) -> Any:
        return self.escrow.functions.claim(*leaf, tree(leaves).proof(leaf.hash))

    def exit(self, leaf: Leaf, leaves: Sequence[Leaf]) -> Any:
        return self.escrow.functions.exit(*leaf, tree(leaves).proof(leaf.hash))

    def exit_uncounted(self, account: str) -> Any:
        return self.escrow.functions.exit_uncounted(account)

    def gain(self, account: str, function: Any, sender: str | None = None) -> int:
        """What `account` has more after the transaction of somebody else."""
        before = self.evm.balance(account)
        self.evm.send(function, sender or self.evm.accounts[9])
        return self.evm.balance(account) - before

    def says(self, view: str, *arguments: Any) -> Any:
        """What a view of the escrow says in the next transaction."""
        return self.evm.read(self.escrow.functions[view](*arguments))

    def held(self) -> int:
        return self.evm.balance(self.escrow.address)


def deploy_escrow(
    court: Court,
    cap: int = 0,
    delay: int = ROOT_DELAY_S,
    exit_delay: int = EXIT_DELAY_S,
    first_epoch: int = FIRST_EPOCH,
) -> Bonds:
    """An escrow of the court's oracle; `cap` is the outflow cap in wei, 0 for none."""
    arguments = (court.evm.accounts[0], court.oracle.address, delay, exit_delay, cap, first_epoch)
    return Bonds(court=court, escrow=court.evm.deploy("Escrow", *arguments))
