"""`Opened`: the service's act that begins reporting (PROTOCOL 2 edge a, and 3)."""

from __future__ import annotations

from django.db import transaction

from ledger import names
from ledger.models import Reason
from ledger.selectors import balance
from ledger.services import Move, post
from oracle.models import Expiry
from oracle.projection import load_state
from oracle.receipts import Receipt
from oracle.record import DatabaseRecord
from oracle.services import book
from oracle.services.due import expect, process_due
from oracle.services.effects import carry_out
from protocol.acts import Refusal
from protocol.messages import to_act
from protocol.resolution import judge
from protocol.reward import reward_account


def open_expiry(*, expiry_id: str, block: int, value_secured: int, now: int) -> Receipt | Refusal:
    """Open an expiry with the value (wei) that its series secured, as read from the chain up to `block`.

    Returns the receipt, or why it was not the time. Bonds are raised; the reward is what its account has
    free, and moves into the expiry.
    """
    with transaction.atomic():
        head = book.lock()
        book.advance_clock(head, now)
        process_due(head)
        rows = Expiry.objects.select_related("index").select_for_update(of=("self",))
        expiry = rows.get(id=expiry_id)
        funded = names.free(reward_account(expiry.id))
        reward = balance(funded)
        message = {"expiry": expiry.id, "block": block, "value_secured": value_secured, "reward": reward}
        state, record = load_state(expiry), DatabaseRecord(expiry)
        verdict = judge(state, record, to_act("Opened", message, head.clock))
        if verdict.refusal is not None:
            book.save(head)
            return verdict.refusal
        expiry.raised = state.terms.to_json()
        expiry.opened_at, expiry.value_secured = head.clock, value_secured
        expiry.save(update_fields=["raised", "opened_at", "value_secured"])
        receipt = book.append(head, book.sign_as_service("Opened", message), expiry)
        move = Move(funded, names.expiry(expiry.id), reward, f"reward:{expiry.id}", Reason.REWARD)
        post([move], at=head.clock, entry=head.seq)
        carry_out(head, expiry, state, record, verdict.events, cause=f"act:{head.seq}")
        expect(head, expiry.deadline)
        book.save(head)
        return receipt
