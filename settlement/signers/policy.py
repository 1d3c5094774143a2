"""What the publisher's transactions may say. One function for each rule; it says why not, or None.

Everything that a rule looks at is in `Asked`. Nothing here reads a clock, a database or a chain.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from settlement.chain.client import Call, Price
from settlement.signers.signer import Unsigned

DAY_SECONDS = 86_400
MOST_GAS = 2**24
"""EIP-7825: no block takes a transaction of more."""


@dataclass(frozen=True, slots=True)
class Said:
    """What is said about one expiry, by a call or by the book: price in 18 decimals, head, Merkle root."""

    price: int
    transcript: str
    payouts: str


@dataclass(frozen=True, slots=True)
class Limits:
    """The settings, amounts in wei."""

    chain_id: int
    transaction_cap: int
    daily_cap: int
    reward_cap: int = 0


@dataclass(frozen=True, slots=True)
class Reward:
    """The one reason for which ether leaves: what two people want to fund, in wei, and whether that is still of use."""

    account: str
    amount: int
    is_scheduled: bool
    """Its expiry has not opened: what comes later lies on the account for ever."""


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """A call as the database gives it for a purpose, with what it has to be compared with."""

    purpose: str
    call: Call
    contract: str
    """The one of the settings for this purpose."""
    selector: str
    """Of the one function that this purpose may call: 0x and 8 digits."""
    items: Mapping[str, Said] = field(default_factory=dict)
    """What the call says, by expiry."""
    book: Mapping[str, Said] = field(default_factory=dict)
    """What the book says of those of these expiries that are FINAL in it."""
    signed_by: tuple[str, ...] = ()
    """Whose signatures the call carries over exactly what it says."""
    members: tuple[str, ...] = ()
    """Today's attestors."""
    threshold: int = 0
    approved_by: tuple[str, ...] | None = None
    """Where operators asked for it: who proposed it and who approved it."""
    reward: Reward | None = None
    """Only where the purpose is to fund one."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A transaction before it is signed. `price` is None as long as nobody has asked for it."""

    rebuilt: Rebuilt
    limits: Limits
    chain_id: int
    """Of the node."""
    genesis: str
    """Hash of the node's block 0."""
    chain: str
    """Hash of block 0 of the chain that it is for, as the row names it."""
    stored: Call | None = None
    """What was signed for this nonce before."""
    price: Price | None = None
    spent: int = 0
    """Wei that this sender's transactions of the last 24 hours may cost, what they carry along included."""
    sender: str = ""
    """Whose nonce it is; empty for a new one."""
    signer: str = ""
    """Who is about to sign; empty as long as nobody has been asked."""
    publisher: str = ""
    """Who may sign what is new, as operators named it."""

    def unsigned(self, nonce: int) -> Unsigned:
        """What goes to the signer once every rule is kept."""
        assert self.price is not None
        return Unsigned(self.chain_id, nonce, self.rebuilt.call, self.price)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why it is not signed; its text begins with the name of the rule."""

    rule: str
    why: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.why}"


Rule = Callable[[Asked], str | None]


def chain_id(asked: Asked) -> str | None:
    if asked.chain_id != asked.limits.chain_id:
        return f"the node is on chain {asked.chain_id}, CHAIN_ID is {asked.limits.chain_id}"
    return None


def genesis(asked: Asked) -> str | None:
    if asked.genesis != asked.chain:
        return f"the node's chain begins with {asked.genesis}, it is for the one that begins with {asked.chain}"
    return None


def contract(asked: Asked) -> str | None:
    if asked.rebuilt.call.to != asked.rebuilt.contract:
        return f"it calls {asked.rebuilt.call.to}, the settings name {asked.rebuilt.contract}"
    return None


def selector(asked: Asked) -> str | None:
    found = asked.rebuilt.call.data[:10]
    return None if found == asked.rebuilt.selector else f"it calls {found}, only {asked.rebuilt.selector} is allowed"


def publisher(asked: Asked) -> str | None:
    """What is new is signed by the account that operators named; what is under way by the one that signed it before."""
    wanted = asked.sender or asked.publisher
    if not asked.signer or asked.signer == wanted:
        return None
    if asked.sender:
        return f"the nonce is {wanted}'s, this process signs for {asked.signer}"
    return f"this process signs for {asked.signer}, operators have named {wanted}"


def value(asked: Asked) -> str | None:
    """Ether goes along only as a reward: as much as two people want, to its account, while that is of use."""
    call, reward = asked.rebuilt.call, asked.rebuilt.reward
    if reward is None:
        return f"it sends {call.value} wei along" if call.value else None
    if call.value != reward.amount or call.data[-40:] != reward.account[2:]:
        return f"it sends {call.value} wei to 0x{call.data[-40:]}, wanted are {reward.amount} to {reward.account}"
    if not reward.is_scheduled:
        return "the expiry has opened: what comes now is no reward any more"
    if call.value > asked.limits.reward_cap:
        return f"it sends {call.value} wei along, PUBLISHER_REWARD_CAP_WEI is {asked.limits.reward_cap}"
    return None


def final_state(asked: Asked) -> str | None:
    """FINAL in the book with exactly this price, transcript and payouts."""
    for expiry, said in asked.rebuilt.items.items():
        known = asked.rebuilt.book.get(expiry)
        if known is None:
            return f"{expiry} is not FINAL in the book"
        for name in ("price", "transcript", "payouts"):
            if getattr(said, name) != getattr(known, name):
                return f"the {name} of {expiry} is {getattr(known, name)} in the book, not {getattr(said, name)}"
    return None


def signatures(asked: Asked) -> str | None:
    """As many as the contract wants, of different attestors of today's set, in its order, over exactly this."""
    by, rebuilt = asked.rebuilt.signed_by, asked.rebuilt
    if strangers := [each for each in by if each not in rebuilt.members]:
        return f"one is by {strangers[0]}, who is no attestor: or it is over something else"
    if len(by) < rebuilt.threshold or list(by) != sorted(set(by)):
        return f"{len(set(by))} attestors have signed it, {rebuilt.threshold} must"
    return None


def two_people(asked: Asked) -> str | None:
    """What operators ask for is wanted by two of them, both still staff."""
    people = asked.rebuilt.approved_by if asked.rebuilt.reward is None else asked.rebuilt.approved_by or ()
    if people is not None and len(set(people)) < 2:
        return f"{len(set(people))} operators want it, two must"
    return None


def same_payload(asked: Asked) -> str | None:
    """One payload for one nonce for ever (I-17)."""
    if asked.stored is not None and asked.stored != asked.rebuilt.call:
        return "another call was signed for this nonce before"
    return None


def gas(asked: Asked) -> str | None:
    if asked.price is not None and not 0 < asked.price.gas <= MOST_GAS:
        return f"it wants {asked.price.gas} gas, at most {MOST_GAS} are allowed"
    return None


def transaction_cap(asked: Asked) -> str | None:
    cost = _cost(asked)
    if cost > asked.limits.transaction_cap:
        return f"it may cost {cost} wei, PUBLISHER_TRANSACTION_CAP_WEI is {asked.limits.transaction_cap}"
    return None


def daily_cap(asked: Asked) -> str | None:
    day = asked.spent + _cost(asked) + asked.rebuilt.call.value
    if day > asked.limits.daily_cap:
        return f"{day} wei may have been spent in 24 hours with it, PUBLISHER_DAILY_CAP_WEI is {asked.limits.daily_cap}"
    return None


RULES: tuple[Rule, ...] = (
    chain_id,
    genesis,
    publisher,
    contract,
    selector,
    value,
    final_state,
    signatures,
    two_people,
    same_payload,
    gas,
    transaction_cap,
    daily_cap,
)


def judge(asked: Asked) -> Refusal | None:
    """The first rule that is not kept."""
    for rule in RULES:
        if why := rule(asked):
            return Refusal(rule.__name__, why)
    return None


def _cost(asked: Asked) -> int:
    """The most gas that it can cost, in wei; 0 while its price is not known."""
    return asked.price.gas * asked.price.max_fee if asked.price else 0
