"""Every ground on which an attestor refuses a root, in the order in which they are looked at (PROTOCOL 7 and 8).

A ground is a function of its code's name: it answers with a sentence where it holds, with None where it does not.
A root pays out money, so it rests on every entry of the book up to its `seq`, and on the chain's deposits up to its
`block`: neither too many nor too few of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from protocol.entry import Entry, read_integer
from protocol.escrow import Statement
from protocol.hashing import bytes32_word
from protocol.signing import Message, parse
from reporter.attest.escrow import EscrowReader
from reporter.attest.follower import Follower
from reporter.attest.store import Lines
from reporter.sending import save
from reporter.stop import Stop
from reporter.units import show_ether

KEPT = 3
"""Files of roots that are kept; nobody can claim by older ones."""


@dataclass(frozen=True, slots=True)
class AuditHead:
    """Where the operators' own log ended when a root was proposed: number and hash of its last entry."""

    seq: int
    head: str

    @classmethod
    def from_json(cls, document: Any) -> AuditHead | None:
        """None where a service, or a line of ours, is from before there was one. ValueError where it is malformed."""
        if document is None:
            return None
        bytes32_word(document["head"])
        return cls(read_integer(document["seq"]), document["head"])

    def to_json(self) -> dict[str, str]:
        return {"seq": str(self.seq), "head": self.head}


@dataclass(frozen=True, slots=True)
class Proposal:
    """A root as the service proposes it: the message to sign, and the entry of the book after which it is built.

    `audit` is no part of what is signed, so no part of what makes two proposals the same.
    """

    message: Message
    seq: int
    audit: AuditHead | None = field(default=None, compare=False)

    @property
    def epoch(self) -> int:
        return int(self.message["epoch"])

    @property
    def block(self) -> int:
        return int(self.message["block"])

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Proposal:
        """Read a proposal strictly; ValueError says what is wrong with it."""
        try:
            message = {name: document[name] for name in ("epoch", "root", "block")}
            audit = AuditHead.from_json(document.get("audit"))
            return cls(parse("Root", message), read_integer(document["seq"]), audit)
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a root: {type(error).__name__} at {error}") from None


class RootMemory:
    """The roots that were ever signed, in `roots.jsonl`: one content for each epoch, also after a crash."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._signed: dict[int, Proposal] = {}
        for line in lines:
            self._keep(Proposal.from_json(line))

    @property
    def seq(self) -> int:
        """The last entry that a root we signed rests on, 0 before the first."""
        return max((each.seq for each in self._signed.values()), default=0)

    @property
    def audit(self) -> AuditHead | None:
        """Where the operators' log had ended by the newest root that we signed; None before the first that said so."""
        kept = [each.audit for each in self._signed.values() if each.audit is not None]
        return max(kept, key=lambda each: each.seq, default=None)

    def audit_at(self, seq: int) -> str | None:
        """The head that we kept of entry `seq` of the operators' log."""
        kept = (each.audit for each in self._signed.values())
        return next((each.head for each in kept if each is not None and each.seq == seq), None)

    def problem(self, proposal: Proposal) -> str | None:
        """Why it must not be signed: another root of the same epoch was; None otherwise."""
        signed = self._signed.get(proposal.epoch)
        if signed is None or signed == proposal:
            return None
        return f"epoch {proposal.epoch} was signed before with the root {signed.message['root']}"

    def remember(self, proposal: Proposal) -> None:
        """Write it down; only when this returns may a signature leave. ValueError where one must not."""
        if problem := self.problem(proposal):
            raise ValueError(problem)
        if proposal.epoch not in self._signed:
            message = {name: str(value) for name, value in proposal.message.items()}
            audit = {} if proposal.audit is None else {"audit": proposal.audit.to_json()}
            self._lines.append({**message, "seq": str(proposal.seq), **audit})
            self._keep(proposal)

    def _keep(self, proposal: Proposal) -> None:
        self._signed[proposal.epoch] = proposal


@dataclass(frozen=True, slots=True)
class RootContext:
    """What an attestor knows when it looks at a root. `depth`: blocks that must lie above the block that it names."""

    follower: Follower
    escrow: EscrowReader
    memory: RootMemory
    treasury: str
    depth: int
    accept_unwitnessed: bool = False
    accept_operator_deposits: bool = False
    built: dict[int, Statement] = field(default_factory=dict)

    def statement(self, proposal: Proposal) -> Statement:
        """The leaves by our own fold at the proposal's entry; kept, because a proposal is looked at more than once."""
        key = proposal.seq
        found = self.built.get(key)
        if found is None or (found.epoch, found.block) != (proposal.epoch, proposal.block):
            leaves = self.follower.book.dues.leaves(proposal.seq, self.treasury)
            self.built.clear()
            found = self.built[key] = Statement(proposal.epoch, proposal.block, proposal.seq, leaves)
        return found

    def deposits(self, proposal: Proposal) -> dict[tuple[str, int], Entry]:
        """The book's Deposits up to the proposal's entry, by the log that they credit."""
        credited = self.follower.book.credited.items()
        return {place: entry for place, entry in credited if entry.seq <= proposal.seq}


Ground = Callable[[Proposal, RootContext], str | None]


def contradiction(proposal: Proposal, context: RootContext) -> str | None:
    """The book contradicts itself, its beats, its receipts or the law."""
    return context.follower.broken


def wrong_epoch(proposal: Proposal, context: RootContext) -> str | None:
    """The contract takes a root of its next epoch only; for another one a signature could be used later."""
    epoch = context.escrow.next_epoch()
    return None if proposal.epoch == epoch else f"the escrow takes epoch {epoch} next"


def not_deep(proposal: Proposal, context: RootContext) -> str | None:
    """Deposits of its block may still be taken back."""
    latest = context.escrow.chain.latest_block()
    if proposal.block + context.depth <= latest:
        return None
    return f"block {proposal.block} is not {context.depth} below the chain's head, {latest}"


def not_followed(proposal: Proposal, context: RootContext) -> str | None:
    seq = context.follower.book.seq
    return None if proposal.seq <= seq else f"it is built after entry {proposal.seq}, and the book ends with {seq}"


def not_witnessed(proposal: Proposal, context: RootContext) -> str | None:
    """An entry since the last root that we signed was not shown to us in time; our operator decides about it."""
    if context.accept_unwitnessed:
        return None
    sights = [s for s in context.follower.unwitnessed if context.memory.seq < s.seq <= proposal.seq]
    if not sights:
        return None
    words = "we did not see it within 180 s of its time (see --accept-unwitnessed)"
    return f"entry {sights[0].seq}: {words}; {len(sights)} such in all"


def operator_deposit(proposal: Proposal, context: RootContext) -> str | None:
    """A deposit by the operator's word alone has no log on chain."""
    if context.accept_operator_deposits:
        return None
    for entry in context.deposits(proposal).values():
        if entry.message["block"] == 0:
            return f"entry {entry.seq} is a deposit by the operator's word (see --accept-operator-deposits)"
    return None


def deposit_not_on_chain(proposal: Proposal, context: RootContext) -> str | None:
    """A Deposit of the book is no log of the escrow up to the block, or another one than it says."""
    logs = context.escrow.deposits(proposal.block)
    for place, entry in context.deposits(proposal).items():
        message, log = entry.message, logs.get(place)
        if message["block"] == 0:
            continue
        if log is None:
            return f"entry {entry.seq} credits a log that the escrow does not have up to block {proposal.block}"
        if (log.account, log.amount, log.block) != (message["account"], message["amount"], message["block"]):
            said = f"{show_ether(log.amount)} to {log.account} in block {log.block}"
            return f"entry {entry.seq} is not what the log says: {said}"
    return None


def deposit_omitted(proposal: Proposal, context: RootContext) -> str | None:
    """A log of the escrow up to the block is not in the book up to the entry."""
    missing = context.escrow.deposits(proposal.block).keys() - context.deposits(proposal).keys()
    if not missing:
        return None
    tx, log_index = min(missing)
    return f"log {log_index} of transaction {tx} is not credited; {len(missing)} such in all"


def wrong_root(proposal: Proposal, context: RootContext) -> str | None:
    """Our own fold of the book gives other leaves."""
    if any(min(x.withdrawable, x.entitled - x.withdrawable) < 0 for x in context.statement(proposal).leaves.values()):
        return "an account asked for more than it has"
    root = context.statement(proposal).root
    return None if proposal.message["root"] == root else f"after entry {proposal.seq} the root is {root}"


def signed_otherwise(proposal: Proposal, context: RootContext) -> str | None:
    """We have signed another root of this epoch before."""
    return context.memory.problem(proposal)


def audit_rewritten(proposal: Proposal, context: RootContext) -> str | None:
    """The operators' log has lost or changed what we have kept of it: somebody rewrote what they did."""
    kept, told = context.memory.audit, proposal.audit
    if kept is None:
        return None
    if told is None or told.seq < kept.seq:
        ends = "has no head" if told is None else f"ends at entry {told.seq}"
        return f"the operators' log {ends}, and we keep its entry {kept.seq}"
    known = context.memory.audit_at(told.seq)
    if known in (None, told.head):
        return None
    return f"entry {told.seq} of the operators' log has the head {told.head}, and we keep {known}"


GROUNDS: tuple[Ground, ...] = (
    contradiction, not_followed, signed_otherwise, audit_rewritten, not_witnessed, operator_deposit, wrong_epoch,
    not_deep, deposit_not_on_chain, deposit_omitted, wrong_root,
)  # fmt: skip


def refusal(proposal: Proposal, context: RootContext) -> str | None:
    """The first ground that holds against a root, as `code: sentence`; None where it may be signed."""
    for ground in GROUNDS:
        if reason := ground(proposal, context):
            return f"{ground.__name__}: epoch {proposal.epoch}: {reason}"
    return None


def keep_file(folder: Path, statement: Statement, audit: AuditHead | None) -> Path:
    """Write the public file of a root before it is signed: claims and exit then need no service (PROTOCOL 8).

    The head of the operators' log stands in it as in theirs: they cannot rewrite the log without contradicting us.
    """
    path = folder / f"root-{statement.epoch}.json"
    try:
        save(path, {**statement.to_json(), **({} if audit is None else {"audit": audit.to_json()})})
        (folder / f"root-{statement.epoch - KEPT}.json").unlink(missing_ok=True)
    except OSError as error:
        raise Stop(f"{path}: {error.strerror}") from None
    return path
