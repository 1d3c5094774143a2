"""The escrow contract (contracts/Escrow.vy, roots.vy): its roots, and the calls that can be made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from protocol.hashing import to_hex, uint256_word
from settlement.chain import views
from settlement.chain.client import Call, Client
from settlement.chain.contracts import Contract, topic
from settlement.chain.providers import Providers
from settlement.chain.readings import Header
from settlement.chain.views import View


@dataclass(frozen=True, slots=True)
class ChainRoot:
    """A root as the contract keeps it; `final_at` is 0 where there is none."""

    epoch: int
    root: str
    block: int
    final_at: int


@dataclass(frozen=True, slots=True)
class Roots:
    """What the contract says of its roots: the one that claims are proven against, the one that waits, what is next.

    `ended`: by the first exit; there will never be another.
    """

    final: ChainRoot
    waiting: ChainRoot
    next_epoch: int
    ended: bool

    def holds(self, epoch: int, root: str) -> ChainRoot | None:
        """This root where it waits or is the final one."""
        return next((r for r in (self.waiting, self.final) if (r.epoch, r.root) == (epoch, root)), None)


class Escrow(Contract):
    """Holds the bonds; pays by attested roots (PROTOCOL 8)."""

    name = "Escrow"

    def post_root(self, epoch: int, root: str, block: int, signatures: Sequence[str]) -> Call:
        """Post a root; `signatures` in the order of their signers."""
        return self.call("post_root", epoch, root, block, list(signatures))

    def deposit(self, account: str, amount: int) -> Call:
        """Send `amount` wei along, for an account of the book."""
        return self.call("deposit", account, value=amount)

    def cancel_root(self, epoch: int, signatures: Sequence[str]) -> Call:
        """Guardians take a waiting root back."""
        return self.call("cancel_root", epoch, list(signatures))

    def claim(self, leaf: Sequence[Any], proof: Sequence[str]) -> Call:
        """Pay an account what it asked to withdraw; anybody may send it."""
        return self.call("claim", *leaf, list(proof))

    def exit(self, leaf: Sequence[Any], proof: Sequence[str]) -> Call:
        """Pay an account all that is its own, where no root has come for the exit delay."""
        return self.call("exit", *leaf, list(proof))

    def paid(self, account: str) -> int:
        """Wei that an account ever got."""
        return int(self.read("paid", account))


def escrow(client: Client) -> Escrow:
    """The escrow of the settings."""
    return Escrow(client, settings.ESCROW_ADDRESS)


def roots_at(nodes: Providers, block: Header) -> Roots:
    """The roots of the escrow of the settings in the state of a block, by a quorum."""
    names = ("final_root", "waiting_root", "next_epoch", "ended")
    final, waiting, next_epoch, ended = views.read(
        nodes, block, [View("Escrow", settings.ESCROW_ADDRESS, name) for name in names]
    )
    return Roots(ChainRoot(*final), ChainRoot(*waiting), next_epoch, ended)


def is_used_up(nodes: Providers, epoch: int, root: str, first: int, last: int) -> bool:
    """Whether a log of the blocks first to last says, by a quorum, that this root can never be posted (again)."""
    topics = [[topic("Escrow", "RootPosted"), topic("Escrow", "RootCancelled")], to_hex(uint256_word(epoch))]
    for log in nodes.logs_between([settings.ESCROW_ADDRESS], topics, first, last):
        if log.topics[0] == topic("Escrow", "RootCancelled"):
            return True
        if log.data[2:66] != root[2:]:
            return True
    return False
