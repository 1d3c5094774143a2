"""/me/ and receipts: what an account has, what it did, and the proof of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from oracle import clock, selectors, signer
from oracle.models import Act, Expiry, Unbonding
from oracle.projection import load_state
from oracle.receipts import receipt_of
from oracle.sealing import is_sealed, public_message
from pages import paging
from pages.actions import Action
from pages.claims import Claimable, claimable
from pages.sessions import account_of
from protocol.horizon import Horizon, horizon
from settlement.selectors import escrow_events, escrow_index

WORD = re.compile(r"0x[0-9a-f]{64}")
PLACE = re.compile(r"([0-9]{1,18})\.([0-9]{1,9})\.([0-9]{1,18})")  # of a deposit: block, log index, id


@dataclass(frozen=True, slots=True)
class Bond:
    """What an account has bonded on an expiry, in wei, and until when at the latest."""

    slug: str
    amount: int
    until: Horizon


@require_safe
@never_cache
def me(request: HttpRequest) -> HttpResponse:
    """The money and the acts of whoever is logged in."""
    address = account_of(request)
    if address is None:
        return redirect("/login/?next=/me/")
    before, after = paging.number(request, "before"), _place(request)
    found = selectors.account(address)
    claim = claimable(address, found.balances["withdrawing"])
    now = clock.now()
    bonds = bonds_of(found, now)
    acts, last = paging.cut(selectors.acts_of(address, limit=paging.ROWS + 1, before=before), paging.ROWS)
    events, last_event = paging.first(escrow_events(address, after=after))
    leaving = Unbonding.objects.filter(account=address, done=False).order_by("due_at")
    unbonding, more_unbonding = paging.first(leaving)
    context: dict[str, Any] = {
        "account": found,
        "locked": sum(amount for _, amount in found.locks),
        "bonds": bonds,
        "more_bonds": len(found.locks) - len(bonds),
        "escrow": settings.ESCROW_ADDRESS,
        "claim": claim,
        "unbonding": unbonding,
        "more_unbonding": more_unbonding,
        "events": events,
        "after": after,
        "older_events": last_event and f"{last_event.block}.{last_event.log_index}.{last_event.pk}",
        "index": escrow_index(),
        "acts": acts,
        "before": before,
        "older": last and last.seq,
        "actions": _actions(found, claim),
        "now": now,
    }
    return render(request, "pages/me.html", context)


def bonds_of(found: selectors.AccountView, now: int) -> list[Bond]:
    """The heaviest of an account's bonds on unfinished expiries. One query."""
    reveals = Act.objects.filter(kind="VoteReveal", expiry=OuterRef("pk"), ballot=OuterRef("ballot")).order_by()
    expiries = Expiry.objects.select_related("index").annotate(revealed=Exists(reveals))
    locks = found.heaviest(paging.ROWS)
    rows: dict[str, Any] = expiries.in_bulk([id_ for id_, _ in locks])
    # Whether anybody may vote bears on the earliest end alone, which is not shown.
    until = {id_: horizon(load_state(row), now=now, voters=True, revealed=row.revealed) for id_, row in rows.items()}
    return [Bond(rows[id_].slug, amount, until[id_]) for id_, amount in locks]


def _place(request: HttpRequest) -> tuple[int, int, int] | None:
    """Behind which of the account's deposits and payments to go on."""
    text = request.GET.get("deposits")
    if text is None:
        return None
    if not (found := PLACE.fullmatch(text)):
        raise Http404("no such page")
    return int(found[1]), int(found[2]), int(found[3])


def _actions(found: selectors.AccountView, claim: Claimable) -> list[Action]:
    """Every way in which money moves here. Claiming comes first where there is something to claim."""
    free, stake = found.balances["free"], found.balances["stake"]
    escrow = "" if settings.ESCROW_ADDRESS else "There is no escrow here."
    nothing_free = "" if free else "Nothing is free."
    locked = "" if stake > found.locked_stake else "Unfinished expiries count on all of the stake."
    locked = locked if stake else "Nothing is staked."
    no_claim = "Nothing to claim: a withdrawal can be claimed once a root that counts it is final."
    ways = [
        Action("Claim", "/me/claim/", escrow or ("" if claim.now else no_claim), primary=bool(claim.now)),
        Action("Deposit", "/me/deposit/", escrow, primary=not claim.now and not escrow),
        Action("Stake", "/me/stake/", nothing_free),
        Action("Unstake", "/me/unstake/", locked),
        Action("Withdraw", "/me/withdraw/", nothing_free),
    ]
    return sorted(ways, key=lambda each: bool(each.reason))  # what can be pressed comes first


@require_safe
def receipt(request: HttpRequest, digest: str) -> HttpResponse:
    """One act and its receipt, for ever at the same address."""
    act = _act(digest)
    lines = [(name.replace("_", " "), value) for name, value in public_message(act).items()]
    context = {
        "act": act,
        "lines": lines,
        "receipt": receipt_of(act).to_json(),
        "service": signer.service_address(),
        "sealed": is_sealed(act),
        "now": clock.now(),
    }
    return render(request, "pages/receipt.html", context)


@require_safe
def receipt_file(request: HttpRequest, digest: str) -> HttpResponse:
    """The same as a file, in the form in which the reporter's program keeps acts."""
    act = _act(digest)
    document = {
        "digest": act.digest,
        "act": {"kind": act.kind, "message": public_message(act), "signatures": act.signatures},
        "receipt": receipt_of(act).to_json(),
    }
    name = f"{act.kind.lower()}-{act.digest[2:14]}.json"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return JsonResponse(document, json_dumps_params={"indent": 1}, headers=headers)


def _act(digest: str) -> Act:
    found = selectors.act_of(digest) if WORD.fullmatch(digest) else None
    if found is None:
        raise Http404("no such act")
    return found
