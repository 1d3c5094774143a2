"""Money that comes into the book and leaves it, as the escrow's logs say; the caller has seen them final.

Each log moves money once, whoever notices it and however often: its key in the ledger is `deposit:` or `claim:` with
transaction and log index, and the ledger takes no key twice. An operator's deposit names block 0, so everybody can
tell it from one of the chain.
"""

from __future__ import annotations

import secrets

from django.conf import settings
from django.db import transaction

from ledger import names
from ledger.models import Reason, Transfer
from ledger.selectors import balance
from ledger.services import Move, post
from oracle.models import BookHead
from oracle.receipts import Receipt
from oracle.services import book
from oracle.services.due import process_due

BY_OPERATOR_BLOCK = 0
"""A Deposit of block 0 was credited by the operator's word alone."""


class NotAllowed(Exception):
    """The settings do not let an operator credit anybody by word alone."""


class NotOwed(Exception):
    """The escrow paid what nobody had asked to withdraw: chain and book contradict each other."""


def deposit(*, account: str, amount: int, now: int) -> Receipt:
    """Credit `amount` wei on the operator's word, where OPERATOR_DEPOSITS allows it; NotAllowed otherwise.

    The tx field is random: it makes the entry unique.
    """
    if not settings.OPERATOR_DEPOSITS:
        raise NotAllowed("OPERATOR_DEPOSITS is not set: deposit through the escrow contract")
    with transaction.atomic():
        head = book.lock()
        _catch_up(head, now)
        tx = "0x" + secrets.token_hex(32)
        return _credit(head, account, amount, BY_OPERATOR_BLOCK, tx, 0)


def credit(*, account: str, amount: int, block: int, tx: str, log_index: int, now: int) -> int:
    """Credit a final deposit of the escrow; the seq of its entry, also where it has been credited before."""
    with transaction.atomic():
        head = book.lock()
        made = Transfer.objects.filter(key=deposit_key(tx, log_index)).values_list("entry", flat=True).first()
        if made is not None:
            return made
        _catch_up(head, now)
        return int(_credit(head, account, amount, block, tx, log_index).message["seq"])


def pay_out(*, account: str, amount: int, tx: str, log_index: int, now: int) -> bool:
    """Note that the escrow has paid a claim; whether it was new. Raises NotOwed.

    The treasury's income needs no Withdrawal act: what was not asked for comes out of it.
    """
    with transaction.atomic():
        head = book.lock()
        key = claim_key(tx, log_index)
        if Transfer.objects.filter(key=key).exists():
            return False
        _catch_up(head, now)
        asked = min(amount, balance(names.withdrawing(account)))
        moves = [Move(names.withdrawing(account), names.OUTSIDE, asked, key, Reason.WITHDRAWN)]
        if asked < amount:
            if account != settings.TREASURY_ADDRESS or balance(names.TREASURY) < amount - asked:
                raise NotOwed(f"the escrow paid {amount} wei to {account}, who had asked for {asked}")
            rest_key = key if asked == 0 else f"{key}:treasury"
            moves.append(Move(names.TREASURY, names.OUTSIDE, amount - asked, rest_key, Reason.WITHDRAWN))
        post(moves, at=head.clock, entry=head.seq)
        if head.life_at < head.clock:
            book.show_life(head)
        book.save(head)
        return True


def deposit_key(tx: str, log_index: int) -> str:
    """The ledger's key for a deposit."""
    return f"deposit:{tx}:{log_index}"


def claim_key(tx: str, log_index: int) -> str:
    """The ledger's key for a claim."""
    return f"claim:{tx}:{log_index}"


def _credit(head: BookHead, account: str, amount: int, block: int, tx: str, log_index: int) -> Receipt:
    message = {"account": account, "amount": amount, "block": block, "tx": tx, "log_index": log_index}
    receipt = book.append(head, book.sign_as_service("Deposit", message), None)
    key = deposit_key(tx, log_index)
    post([Move(names.OUTSIDE, names.free(account), amount, key, Reason.DEPOSIT)], at=head.clock, entry=head.seq)
    book.save(head)
    return receipt


def _catch_up(head: BookHead, now: int) -> None:
    """Whatever is due comes first; the caller saves `head`."""
    book.advance_clock(head, now)
    process_due(head)
