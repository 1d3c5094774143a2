"""Funding the reward of an expiry out of the publisher's ether, by two people: a deposit to its reward account.

What reaches the book after the expiry has opened is no reward and comes back to nobody (PROTOCOL 6). So nothing is
signed in the last hour before the instant; where a deposit is late all the same the proposal ends with these words.
"""

from __future__ import annotations

from django.conf import settings

from operators.kinds import Change, Details, Kind, NotPossible, Plan
from operators.models import Proposal
from oracle.models import Act, Expiry
from protocol.reward import reward_account
from protocol.show import duration, ether, utc
from protocol.stages import Stage
from settlement.chain.client import connect
from settlement.chain.errors import Reverted
from settlement.models import ChainTransaction, EscrowIndex, EscrowLog
from settlement.services import carrying, proposed, publishers
from settlement.services.proposed_calls import expiry_in, whole
from settlement.strikes import decimal

LEAST_AHEAD_SECONDS = 3_600
"""For a block, its finality, and whatever a stuck transaction needs."""


def plan(details: Details, now: int) -> Plan:
    """Of `expiry` (id or slug) and `amount` (wei in decimal digits). NotPossible: too late, too much, no funds."""
    expiry, amount = expiry_in(details), whole(details, "amount")
    _check(expiry, amount, now)
    account = reward_account(expiry.id)
    return Plan(
        expiry.slug,
        f"{decimal(amount)} ETH of the publisher's go to the reward of {expiry.slug} and do not come back.",
        (Change(f"reward account {account}", "what is on it", f"{ether(amount)} more"),),
        _funds(amount),
    )


@carrying.clears("reward:{pk}")
def carry_out(proposal: Proposal, now: int) -> str | None:
    """Send the deposit once; done when the escrow's index has it in a final block and the book has credited it."""
    expiry, amount = expiry_in(proposal.details), whole(proposal.details, "amount")
    client, purpose = connect(), f"reward:{proposal.pk}"
    row = carrying.of(client, purpose)
    if row is None:
        _check(expiry, amount, now)
        try:
            carrying.start(client, proposal, purpose, now=now)
        except Reverted as error:
            raise NotPossible(f"the escrow would refuse it: {error}") from error
        return None
    return _credited(row, expiry, amount) if carrying.is_done(row) else None


def _check(expiry: Expiry, amount: int, now: int) -> None:
    if not settings.ESCROW_ADDRESS:
        raise NotPossible("there is no escrow: ESCROW_ADDRESS is not set")
    if not 0 < amount <= settings.PUBLISHER_REWARD_CAP_WEI:
        cap = ether(settings.PUBLISHER_REWARD_CAP_WEI)
        raise NotPossible(f"more than nothing and at most {cap} is allowed (PUBLISHER_REWARD_CAP_WEI)")
    if expiry.stage != Stage.SCHEDULED:
        raise NotPossible(f"{expiry.slug} is {expiry.stage}: a reward is funded before it opens")
    if now + LEAST_AHEAD_SECONDS > expiry.expiry_at:
        raise NotPossible(
            f"the instant of {expiry.slug}, {utc(expiry.expiry_at)}, is too near:"
            f" the deposit must become final before, for which {duration(LEAST_AHEAD_SECONDS)} are kept"
        )


def _funds(amount: int) -> tuple[str, ...]:
    """One node's word: it decides nothing but whether it is worth while to ask."""
    publisher = publishers.current()
    if not publisher:
        return ("nothing has been signed yet, so whose ether it will be is not known",)
    has = connect().balance(publisher)
    if has < amount:
        raise NotPossible(f"the publisher {publisher} has {decimal(has)} ETH")
    return (f"the publisher {publisher} has {decimal(has)} ETH",)


def _credited(row: ChainTransaction, expiry: Expiry, amount: int) -> str | None:
    """What the deposit has become; None while its block is not final."""
    log = EscrowLog.objects.filter(
        tx=row.hash, kind=EscrowLog.Kind.DEPOSITED, state=EscrowLog.State.FINAL
    ).first()
    if log is None:
        if EscrowIndex.objects.filter(credited_to__gte=row.block_number).exists():
            raise NotPossible(f"the final blocks up to {row.block_number} do not have {row.hash}")
        return None
    opened = Act.objects.filter(kind="Opened", expiry=expiry).values_list("seq", flat=True).first()
    if opened is not None and log.entry is not None and opened < log.entry:
        return f"too late: {expiry.slug} had opened; {ether(amount)} lie on {reward_account(expiry.id)} for ever"
    return f"{ether(amount)} are in the reward of {expiry.slug}, by {row.hash}"


FUND_REWARD = Kind(
    proposed.FUND_REWARD,
    "Fund a reward",
    "Ether of the publisher's goes to the reward of an expiry that has not opened. It does not come back.",
    plan,
    carry_out,
    signs=True,
)
