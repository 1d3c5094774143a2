"""What the escrow owes each account (PROTOCOL 8): leaves, roots over them, and the public file of one root.

A leaf is the sum of what the entries of the book up to a `seq` did to an account, so that whoever has the book comes to
the same leaves, at whatever seq and however much later:

    Deposit      entitled and deposited grow
    Withdrawal   withdrawable grows; it was entitled before, and stays so when it is paid
    Final        entitled changes by what the expiry paid less what was staked; until then locks count at face value

The treasury's income is withdrawable at once. A reward is its reward account's until the expiry is FINAL.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from protocol.entry import read_integer
from protocol.hashing import bytes32_word
from protocol.merkle import Tree, leaf, verify
from protocol.payouts import Outcome

FIELDS = ("address", "uint256", "uint256", "uint256")


@dataclass(frozen=True, slots=True)
class Leaf:
    """One account in wei, cumulative since the beginning: asked for, owned, deposited (PROTOCOL 8)."""

    account: str
    withdrawable: int = 0
    entitled: int = 0
    deposited: int = 0

    @property
    def hash(self) -> str:
        """The leaf of the tree, a bytes32 string. ValueError for a negative amount."""
        return leaf(FIELDS, (self.account, self.withdrawable, self.entitled, self.deposited))

    def proves(self, root: str, proof: Iterable[str]) -> bool:
        """Whether `proof` leads from this leaf to `root`."""
        return verify(root, self.hash, list(proof))


# ---------------------------------------------------------------- the fold


@dataclass(frozen=True, slots=True)
class _Change:
    seq: int
    account: str  # "" is the treasury
    withdrawable: int = 0
    entitled: int = 0
    deposited: int = 0


class Dues:
    """What each entry did to leaves, in order of the book; kept, so that any earlier root can be built again."""

    def __init__(self) -> None:
        self._changes: list[_Change] = []

    def deposit(self, seq: int, account: str, amount: int) -> None:
        self._changes.append(_Change(seq, account, entitled=amount, deposited=amount))

    def withdraw(self, seq: int, account: str, amount: int) -> None:
        self._changes.append(_Change(seq, account, withdrawable=amount))

    def settle(self, seq: int, outcome: Outcome, staked: Iterable[tuple[str, int]]) -> None:
        """A FINAL, by its entry: `staked` is everything that went into the expiry, pledges released since and the
        reward (as its reward account's) included. AssertionError should a wei be made or lost (promise 1).
        """
        changes = dict(outcome.payouts)
        for account, amount in staked:
            changes[account] = changes.get(account, 0) - amount
        for account, change in outcome.stake_changes.items():
            changes[account] = changes.get(account, 0) + change
        made = sum(changes.values()) + outcome.treasury
        assert made == 0, f"entry {seq} makes {made} wei"
        rows = [_Change(seq, account, entitled=change) for account, change in changes.items() if change]
        self._changes += [*rows, _Change(seq, "", outcome.treasury, outcome.treasury)]

    def leaves(self, seq: int, treasury: str) -> dict[str, Leaf]:
        """All leaves after entry `seq`, by address; the treasury's income stands with the account `treasury`."""
        sums: dict[str, list[int]] = {}
        for change in self._changes:
            if change.seq > seq:
                break
            held = sums.setdefault(change.account or treasury, [0, 0, 0])
            held[0] += change.withdrawable
            held[1] += change.entitled
            held[2] += change.deposited
        return {account: Leaf(account, *sums[account]) for account in sorted(sums) if any(sums[account])}


# ---------------------------------------------------------------- a root and its public file


@dataclass(frozen=True)
class Statement:
    """All leaves of one root: `block` is up to which deposits are counted, `seq` the last entry of the book counted."""

    epoch: int
    block: int
    seq: int
    leaves: Mapping[str, Leaf] = field(repr=False)

    @cached_property
    def _tree(self) -> Tree:
        return Tree(each.hash for each in self.leaves.values())

    @property
    def root(self) -> str:
        """The Merkle root over all leaves, a bytes32 string (PROTOCOL 7)."""
        return self._tree.root

    @property
    def message(self) -> dict[str, Any]:
        """The `Root` that attestors sign."""
        return {"epoch": self.epoch, "root": self.root, "block": self.block}

    @property
    def debt(self) -> int:
        """Wei that all accounts together own by it, what they have claimed since the beginning included."""
        return sum(each.entitled for each in self.leaves.values())

    def proof(self, account: str) -> list[str]:
        """The proof of an account's leaf; KeyError where it has none."""
        return self._tree.proof(self.leaves[account].hash)

    def to_json(self) -> dict[str, Any]:
        """The public file: everybody can build every proof from it, without us."""
        rows = [[a, str(x.withdrawable), str(x.entitled), str(x.deposited)] for a, x in self.leaves.items()]
        head = {"epoch": str(self.epoch), "root": self.root, "block": str(self.block), "seq": str(self.seq)}
        return {**head, "leaves": rows}

    @classmethod
    def from_json(cls, document: Any) -> Statement:
        """Read a public file. ValueError where it cannot be read, or its leaves do not give the root it names."""
        try:
            rows = [(account, *map(read_integer, amounts)) for account, *amounts in document["leaves"]]
            leaves = {row[0]: Leaf(*row) for row in rows}
            epoch, block, seq = (read_integer(document[name]) for name in ("epoch", "block", "seq"))
            found = cls(epoch, block, seq, leaves)
            named = document["root"]
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"not the file of a root: {type(error).__name__} at {error}") from None
        if len(leaves) != len(rows):
            raise ValueError("an account stands in it twice")
        bytes32_word(named)
        if found.root != named:
            raise ValueError(f"its leaves give the root {found.root}, and it names {named}")
        return found
