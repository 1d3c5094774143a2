"""What stands in the desk's margin: every list, grouped by the words of the protocol."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.contrib import admin
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse

# A group, and its lists: words, icon (Material Symbols), model.
GROUPS: tuple[tuple[str, tuple[tuple[str, str, str], ...]], ...] = (
    (
        "Operators",
        (
            ("Proposals", "how_to_vote", "operators.proposal"),
            ("Alarms", "notifications", "settlement.alarm"),
            ("Audit log", "history", "operators.auditentry"),
            ("Webhooks", "webhook", "alerts.hook"),
            ("Staff", "badge", "operators.staffmember"),
            ("Sessions", "devices", "operators.staffsession"),
            ("Set-up codes", "key", "operators.setupcode"),
        ),
    ),
    (
        "Expiries",
        (
            ("Expiries", "event", "oracle.expiry"),
            ("Indices", "show_chart", "oracle.index"),
        ),
    ),
    (
        "Reports and claims",
        (
            ("Reports", "campaign", "oracle.report"),
            ("Claims", "gavel", "oracle.claim"),
            ("Pledges", "savings", "disputes.pledge"),
            ("Evidence", "description", "evidence.document"),
        ),
    ),
    (
        "Ballots",
        (
            ("Electors", "groups", "oracle.elector"),
            ("Commits", "lock", "disputes.commitment"),
            ("Votes", "ballot", "disputes.vote"),
            ("Rulings", "balance", "disputes.ruling"),
            ("Guardians' signatures", "signature", "disputes.rulingsignature"),
        ),
    ),
    (
        "Book",
        (
            ("Acts", "menu_book", "oracle.act"),
            ("Events", "bolt", "oracle.event"),
            ("Beats", "timer", "oracle.beat"),
            ("Head", "bookmark", "oracle.bookhead"),
        ),
    ),
    (
        "Ledger",
        (
            ("Accounts", "account_balance_wallet", "ledger.account"),
            ("Transfers", "swap_horiz", "ledger.transfer"),
            ("Unbondings", "hourglass_bottom", "oracle.unbonding"),
        ),
    ),
    (
        "Settlement",
        (
            ("Publications", "publish", "settlement.publication"),
            ("Final prices", "verified", "settlement.finalprice"),
            ("Oracle's prices", "fact_check", "settlement.oraclerecord"),
            ("Transactions", "receipt_long", "settlement.chaintransaction"),
            ("Publisher's keys", "vpn_key", "settlement.publisherkey"),
            ("Series", "stacks", "settlement.series"),
            ("Series on chain", "link", "settlement.chainseries"),
            ("Series' logs", "list_alt", "settlement.serieslog"),
            ("Series' index", "travel_explore", "settlement.seriesindex"),
            ("Batches of series", "inventory_2", "settlement.seriesbatch"),
            ("Chain", "hub", "settlement.chainstate"),
        ),
    ),
    (
        "Escrow",
        (
            ("Roots", "account_tree", "settlement.root"),
            ("Logs", "list_alt", "settlement.escrowlog"),
            ("Blocks", "view_in_ar", "settlement.escrowblock"),
            ("Index", "travel_explore", "settlement.escrowindex"),
        ),
    ),
)


def groups(request: HttpRequest) -> list[dict[str, Any]]:
    """For unfold's sidebar: home, and whatever this person may look at."""
    home = {"title": "Desk", "icon": "home", "link": reverse("admin:index")}
    shown: list[dict[str, Any]] = [{"title": "", "items": [home]}]
    for title, lists in GROUPS:
        items = [
            {"title": words, "icon": icon, "link": reverse(f"admin:{model.replace('.', '_')}_changelist")}
            for words, icon, model in lists
            if _may_view(request, model)
        ]
        if items:
            shown.append({"title": title, "items": items, "separator": True})
    return shown


def icon(request: HttpRequest) -> str:
    """The pages' own."""
    return static("assize/icon.svg")


def account(request: HttpRequest) -> str:
    """One's own."""
    return reverse("admin:account")


def _may_view(request: HttpRequest, model: str) -> bool:
    admins = admin.site._registry[apps.get_model(model)]
    return bool(admins.has_view_permission(request))
