"""What accounts are called: a kind, and whose it is, as in `free:0x..`.

A name is the account's identity; the database refuses one of any other form (NAME_FORM).
"""

import re
from enum import StrEnum

TREASURY = "treasury"
# The world beyond the book. Deposits come from it and withdrawals go to it, so it alone may be negative,
# and the sum of all balances is always zero.
OUTSIDE = "outside"

NAME_FORM = r"^((free|stake|unbonding|withdrawing):0x[0-9a-f]{40}|expiry:0x[0-9a-f]{64}|treasury|outside)$"


class Kind(StrEnum):
    """What the money in an account is for."""

    FREE = "free"  # may be bonded, staked or withdrawn
    STAKE = "stake"  # votes
    UNBONDING = "unbonding"  # no longer votes, not yet free
    WITHDRAWING = "withdrawing"  # asked for, not yet paid by the escrow
    EXPIRY = "expiry"  # bonds, reward and cuts of one unfinished expiry
    TREASURY = TREASURY
    OUTSIDE = OUTSIDE


PERSONAL = (Kind.FREE, Kind.STAKE, Kind.UNBONDING, Kind.WITHDRAWING)


def free(address: str) -> str:
    """The account of what `address` may spend."""
    return _name(Kind.FREE, address)


def stake(address: str) -> str:
    """The account of what `address` votes with."""
    return _name(Kind.STAKE, address)


def unbonding(address: str) -> str:
    """The account of what `address` has unstaked and does not have yet."""
    return _name(Kind.UNBONDING, address)


def withdrawing(address: str) -> str:
    """The account of what `address` has asked to withdraw."""
    return _name(Kind.WITHDRAWING, address)


def expiry(expiry_id: str) -> str:
    """The account of what is bonded on an expiry, its reward included."""
    return _name(Kind.EXPIRY, expiry_id)


def owned_by(owner: str) -> list[str]:
    """All accounts of an address, or the one of an expiry. ValueError when `owner` is neither."""
    if len(owner) == len("0x") + 64:
        return [expiry(owner)]
    return [_name(kind, owner) for kind in PERSONAL]


def parse(name: str) -> tuple[Kind, str]:
    """The kind of an account, and its address or expiry ("" for treasury and outside).

    ValueError when no account could be called so.
    """
    if not re.fullmatch(NAME_FORM, name) or name.endswith("\n"):
        raise ValueError(f"not the name of an account: {name!r}")
    kind, _, owner = name.partition(":")
    return Kind(kind), owner


def _name(kind: Kind, owner: str) -> str:
    name = f"{kind}:{owner}"
    parse(name)
    return name
