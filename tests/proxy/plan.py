"""Which request gets which fault. One seed, one plan: the same requests in the same order meet the same faults."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum


class Fault(StrEnum):
    """Everything that the proxy can do to one request."""

    # transport.py
    DELAY = "delay"  # the answer comes late
    DROP_BEFORE = "drop before"  # torn before the node has seen the request
    DROP_AFTER = "drop after"  # torn after the node has done it: it landed, and nobody knows
    DUPLICATE = "duplicate"  # delivered twice
    LATE = "late"  # torn now, delivered after requests that come later
    SHUFFLE = "shuffle"  # the answers of a batch in another order
    # corruption.py
    GARBAGE = "garbage"  # no JSON at all
    TRUNCATED = "truncated"  # JSON that ends in the middle
    WRONG_ID = "wrong id"  # the answer to another question
    WRONG_TYPE = "wrong type"  # a list for a number, a number for a block
    BUSY = "busy"  # HTTP 429, as a provider that limits its rate
    # lies.py
    OTHER_RECEIPT = "other receipt"  # the receipt of another transaction
    NO_RECEIPT = "no receipt"  # what is mined is not known
    FORGED_LOG = "forged log"  # another amount, and a log that never was
    OMITTED_LOG = "omitted log"  # one log less
    OLD_HEAD = "old head"  # the newest block of a while ago
    WRONG_NONCE = "wrong nonce"  # more or fewer transactions than the account has sent
    WRONG_CHAIN = "wrong chain"  # another chain id
    MISSING_BLOCK = "missing block"  # a block that is there is not
    # node.py
    HANG = "hang"  # the request is taken, and no answer comes until whoever asks has gone


TRANSPORT = frozenset(list(Fault)[:6])
CORRUPTION = frozenset(list(Fault)[6:11])
LIES = frozenset(list(Fault)[11:19])
"""HANG is in none of these: each costs whoever asks its whole patience, so a test that wants one names it."""

_SENDS = {"eth_sendRawTransaction"}
_BLOCKS = {"eth_getBlockByNumber"}
_RECEIPTS = {"eth_getTransactionReceipt"}
_LOGS = {"eth_getLogs"}
ONLY: Mapping[Fault, Collection[str]] = {
    Fault.LATE: _SENDS,
    Fault.OTHER_RECEIPT: _RECEIPTS,
    Fault.NO_RECEIPT: _RECEIPTS,
    Fault.FORGED_LOG: _LOGS | _RECEIPTS,
    Fault.OMITTED_LOG: _LOGS | _RECEIPTS,
    Fault.OLD_HEAD: {"eth_blockNumber"} | _BLOCKS,
    Fault.WRONG_NONCE: {"eth_getTransactionCount"},
    Fault.WRONG_CHAIN: {"eth_chainId"},
    Fault.MISSING_BLOCK: _BLOCKS,
}
"""Faults that only make sense for some methods."""


def fits(fault: Fault, methods: Sequence[str]) -> bool:
    """Whether a request of these methods can have this fault."""
    if fault is Fault.SHUFFLE:
        return len(methods) > 1
    only = ONLY.get(fault)
    return only is None or any(method in only for method in methods)


@dataclass(frozen=True, slots=True)
class Injected:
    """A fault that was put in: at which request, into what."""

    request: int
    fault: Fault
    methods: tuple[str, ...]

    def __str__(self) -> str:
        return f"request {self.request} {'+'.join(sorted(set(self.methods)))}: {self.fault}"


@dataclass
class Plan:
    """The faults of one node. `rate` of all requests meet one of `kinds`; 0 is a node without faults.

    The draw of a request depends on the seed and its number alone: a request more in the middle does not change what
    the others would have met.
    """

    seed: str
    rate: float = 0.0
    kinds: frozenset[Fault] = TRANSPORT | CORRUPTION
    injected: list[Injected] = field(default_factory=list)
    requests: int = 0

    def draw(self, methods: Sequence[str]) -> tuple[Fault | None, random.Random]:
        """The next request's fault, None for none, and the chance that settles its details."""
        self.requests += 1
        chance = random.Random(f"{self.seed}:{self.requests}")
        if chance.random() >= self.rate:
            return None, chance
        possible = [fault for fault in Fault if fault in self.kinds and fits(fault, methods)]
        if not possible:
            return None, chance
        fault = chance.choice(possible)
        self.injected.append(Injected(self.requests, fault, tuple(methods)))
        return fault, chance

    def counts(self) -> Counter[str]:
        """How many of each kind were put in."""
        return Counter(str(each.fault) for each in self.injected)

    def schedule(self) -> str:
        """Every fault that was put in, one on a line: what a seed means."""
        return "\n".join(f"{self.seed} {each}" for each in self.injected)
