"""Money that comes into the book by an operator's command, until the escrow contract takes its place.

A deposit of this kind names no block and no transaction, so everybody can tell it from one of the chain.
"""

from __future__ import annotations

import secrets

from django.db import transaction

from ledger import names
from ledger.models import Reason
from ledger.services import Move, post
from oracle.models import BookHead, Expiry
from oracle.receipts import Receipt
from oracle.services import book
from oracle.services.due import process_due
from protocol.stages import Stage

BY_OPERATOR_BLOCK = 0
"""A Deposit of block 0 was credited by the operator's word alone."""


class TooLate(Exception):
    """The expiry has opened; its reward stands in `Opened` and cannot change any more."""


def deposit(*, account: str, amount: int, now: int) -> Receipt:
    """Credit `amount` wei to an account on the operator's word. The tx field is random: it makes the entry unique."""
    with transaction.atomic():
        head = _lock(now)
        tx = "0x" + secrets.token_hex(32)
        message = {"account": account, "amount": amount, "block": BY_OPERATOR_BLOCK, "tx": tx, "log_index": 0}
        receipt = book.append(head, book.sign_as_service("Deposit", message), None)
        move = Move(names.OUTSIDE, names.free(account), amount, f"deposit:{head.seq}", Reason.DEPOSIT)
        post([move], at=head.clock, entry=head.seq)
        book.save(head)
        return receipt


def fund_reward(*, expiry_id: str, amount: int, now: int) -> int:
    """Add `amount` wei to what right reports will share; returns the reward so far. Raises TooLate once opened."""
    with transaction.atomic():
        head = _lock(now)
        expiry = Expiry.objects.select_for_update().get(id=expiry_id)
        if expiry.stage != Stage.SCHEDULED:
            raise TooLate(f"{expiry.slug} is in {expiry.stage}: its reward is fixed")
        expiry.reward += amount
        key = f"reward:{expiry.id}:{expiry.reward}"
        move = Move(names.OUTSIDE, names.expiry(expiry.id), amount, key, Reason.REWARD)
        post([move], at=head.clock, entry=head.seq)
        expiry.save(update_fields=["reward"])
        book.save(head)
        return int(expiry.reward)


def _lock(now: int) -> BookHead:
    head = book.lock()
    book.advance_clock(head, now)
    process_due(head)
    return head
