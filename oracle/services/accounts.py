"""Acts on an account alone: stake, unstake, withdrawal (PROTOCOL 6 and 8)."""

from __future__ import annotations

from django.conf import settings

from ledger import names
from ledger.models import Reason
from ledger.selectors import balance
from ledger.services import Move, post
from oracle import stakes
from oracle.models import BookHead, Unbonding
from oracle.services import book
from oracle.services.answer import Answer, refused
from oracle.services.book import SignedAct
from oracle.services.due import expect
from protocol.acts import Refusal


def take_account_act(head: BookHead, act: SignedAct) -> Answer:
    """Take or refuse one; everything due has been processed."""
    account, amount = act.message["account"], act.message["amount"]
    refusal = _problem(act.kind, account, amount)
    if refusal is not None:
        return refused(head, act, None, refusal)
    receipt = book.append(head, act, None)
    source, target, reason = _WAYS[act.kind]
    move = Move(source(account), target(account), amount, f"{reason}:{head.seq}", reason)
    post([move], at=head.clock, entry=head.seq)
    if act.kind == "Unstake":
        due_at = head.clock + settings.UNBONDING_DELAY
        Unbonding.objects.create(act_id=head.seq, account=account, amount=amount, due_at=due_at)
        expect(head, due_at)
    return Answer(receipt)


def _problem(kind: str, account: str, amount: int) -> Refusal | None:
    if amount == 0:
        return Refusal.MALFORMED
    if kind != "Unstake":
        return None if balance(names.free(account)) >= amount else Refusal.INSUFFICIENT_BALANCE
    held = balance(names.stake(account))
    if amount > held:
        return Refusal.INSUFFICIENT_STAKE
    if held - amount < stakes.locked_stake(account):
        return Refusal.STAKE_LOCKED
    return None


_WAYS = {
    "Stake": (names.free, names.stake, Reason.STAKE),
    "Unstake": (names.stake, names.unbonding, Reason.UNSTAKE),
    "Withdrawal": (names.free, names.withdrawing, Reason.WITHDRAWAL),
}
