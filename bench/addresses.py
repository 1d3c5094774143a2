"""What is asked of every page and of every read of the API: a row for each address that the site has.

Keys are Django's patterns; a test says when an address has no row (tests/architecture/test_bench_addresses.py).
Words in braces are those of bench/fill.py.
"""

from __future__ import annotations

from typing import Any

API = "api/v1/"
PRICE = 2_450 * 10**18

RUNNING = ("scheduled", "reporting", "standing", "disputed", "commit", "reveal", "ruling")
STAGES = (*RUNNING, "silent", "voted", "ruled", "crowded", "contested", "argued")
TOLD = tuple(f"told_{story}" for story in STAGES)
"""The stories themselves: a transcript is folded and checked, and copies do not add up."""
OF_EXPIRY = ("report", "dispute", "commit", "reveal")


def _each(path: str, stories: tuple[str, ...] = STAGES) -> list[str]:
    return [path.replace("<expiry>", "{" + story + "}") for story in stories]


READS: dict[str, list[str]] = {
    API + "book": ["?limit=500", "?after={seq}&limit=500", "?after={seq}&beats_after=600&limit=100"],
    API + "events": [
        "", "?limit=500", "?after={seq}.0&limit=500", "?expiry={crowded_id}&limit=500",
        "?kind=standing,final&limit=500", "?kind=final&after={seq}.0", "?kind=outage,ruled",
        "?expiry={silent_id}&kind=final",
    ],
    API + "acts/<slug:digest>": ["{digest}"],
    API + "service": [""],
    API + "expiries": [
        "", "?limit=100", "?stage=CHALLENGE&limit=100", "?index=bench-usd&cursor={middle_at}.{middle_id}&limit=100",
        "?stage=FINAL&cursor={middle_at}.{middle_id}",
    ],
    API + "expiries/<slug:name>": _each("<expiry>"),
    API + "expiries/<slug:name>/claims": ["{silent}", "{argued}", "{argued}?limit=500"],
    API + "expiries/<slug:name>/transcript": _each("<expiry>", TOLD),
    API + "expiries/<slug:name>/finality": _each("<expiry>"),
    API + "expiries/<slug:name>/simulate": _each(f"<expiry>?price={PRICE}"),
    API + "expiries/<slug:name>/voters/<slug:address>": ["{voted}/{voter}", "{argued}/{voter}"],
    API + "accounts/<slug:address>": ["{account}", "{voter}", "0x" + "12" * 20],
    API + "accounts/<slug:address>/acts": ["{account}", "{account}?limit=200", "{voter}", "{account}?cursor={seq}"],
    API + "accounts/<slug:address>/deposits": ["{account}", "{account}?limit=200", "{voter}"],
    API + "accounts/<slug:address>/leaf": ["{account}"],
    API + "series": ["", "?limit=200", "?expiry={argued_id}", "?origin=factory&limit=200", "?origin=foreign"],
    API + "publications": ["", "?stage=PLANNED", "?stage=FINAL&limit=20", "?cursor=20&limit=20"],
    API + "roots": ["", "?stage=PLANNED", "?stage=FINAL&limit=100"],
    API + "roots/<int:epoch>/leaves": ["400"],
    API + "status": [""],
    API + "attestors": [""],
    API + "reserves": [""],
    API + "evidence/<slug:evidence>": ["{evidence}"],
    API + "follows": ["", "?limit=200"],
    API + "webhooks": [""],
    API + "deliveries": ["", "?limit=200"],
    "api/v1/": [""],
    "api/schema/": [""],
    "api/docs/": [""],
    "": [""],
    "how/": [""],
    "expiries/": [
        "", "?stage=OPEN&sort=deadline", "?sort=value", "?sort=final", "?q=nothing-like-it",
        "?q=silent&index=bench-usd", "?q={middle_id}", "?after={middle_at}.{middle_id}", "?format=json", "?format=csv",
    ],
    "expiries/<slug:name>/": [*_each("<expiry>"), "{disputed}?price=2450", "{argued}?price=2450"],
    "expiries/<slug:name>/transcript": [*_each("<expiry>"), "{crowded}?after={seq}"],
    "expiries/<slug:name>/verify": _each("<expiry>", TOLD),
    **{f"expiries/<slug:name>/{word}/": _each("<expiry>", (*RUNNING, "contested", "argued")) for word in OF_EXPIRY},
    "simulate/": [
        "", "?strike=2400&price=2450",
        *_each("?expiry=<expiry>&price=2450", ("disputed", "argued", "crowded", "contested")),
    ],
    "series/": [
        "", *(f"?state={state}" for state in ("OPEN", "WAITING", "SETTLED", "REDEEMABLE", "REDEEMED")),
        "?origin=foreign", "?expiry={argued}", "?after={middle_at}.{middle_id}.1.0x" + "00" * 20,
        "?q=nothing-like-it", "?q={series_argued}", "?format=json", "?format=csv",
    ],
    "series/<slug:address>/": ["{series_argued}", "{series_final}", "{series_logs}"],
    "series/<slug:address>/redeem/": ["{series_argued}", "{series_final}"],
    "vote/": [""],
    "vote/<slug:name>/<int:number>/": ["{commit}/1", "{voted}/1", "{argued}/1"],
    "vote/<slug:name>/<int:number>/reveal": ["{reveal}/1"],
    "me/": ["", "?before={seq}"],
    **{f"me/{word}/": [""] for word in ("stake", "unstake", "withdraw", "deposit", "claim")},
    "receipts/<slug:digest>/": ["{digest}"],
    "receipts/<slug:digest>.json": ["{digest}"],
    "evidence/<slug:digest>/": ["{evidence}"],
    "evidence/<slug:digest>/files/<int:n>": ["{evidence}/0"],
    "out/<slug:digest>/<int:n>/": ["{evidence}/0"],
    "login/": [""],
    "reserves/": ["", "?account={account}"],
    "status": [""], "status/": [""],
    "attestors/": [""],
    "accounts/<slug:address>/": ["{account}", "{account}?before={seq}", "{voter}", "0x" + "12" * 20],
    "me/alerts/": [""],
    "me/alerts/new/": ["", "?expiry={disputed}"],
    "me/alerts/<int:pk>/": ["{follow}"],
    "me/alerts/log/": ["", "?before={delivery}"],
    "me/tokens/": [""],
    "feeds/expiries.atom": ["", "?before={seq}.0", "?kind=reported,pledged"],
    "feeds/<slug:name>.atom": ["{crowded}", "{silent}", "bench-usd", "{crowded}?before={seq}.0"],
    "feeds/follows/<str:token>.atom": ["{follow_token}", "{follow_token}?before={delivery}"],
    "calendar.ics": [""],
    "calendar/<slug:name>/<int:number>.ics": ["{commit}/1"],
    "calendar/<slug:name>.ics": ["{disputed}", "bench-usd"],
    "calendar/mine/<str:token>.ics": ["{calendar_token}"],
    "healthz": [""],
    "readyz": [""],
}  # fmt: skip
"""What follows an address up to its first word in brackets, as it is asked."""

LEFT_OUT: dict[str, str] = {
    "metrics": "behind a token of its own; tests/web/test_metrics.py counts its queries",
    API + "events/stream": "never ends; tests/faults/test_streams.py",
    "alerts/confirm/<str:token>/": "its token stands in a mail alone; one row by its key",
    "alerts/unsubscribe/<str:token>/": "the same",
    **dict.fromkeys(
        (
            API + "acts", API + "evidence", API + "expiries/<slug:name>/rulings",
            API + "publications/<int:publication_id>/signatures",
            API + "roots/<int:root_id>/signatures", API + "deliveries/<int:delivery>/replay",
            "login/text", "login/enter", "logout/", "me/alerts/add/mailbox/", "me/alerts/add/hook/",
            *(f"me/alerts/<int:pk>/{what}/" for what in (
                "pause", "resume", "delete", "drop-mailbox", "drop-hook", "drop-token", "rotate", "enable",
                "test-mailbox", "test-hook", "replay", "calendar", "new-feed",
            )),
        ),
        "takes POSTs alone",
    ),
    **dict.fromkeys((API + "follows/<int:follow>", API + "webhooks/<int:webhook>"), "takes DELETE alone"),
}  # fmt: skip

OPERATORS = "admin/"
"""Behind a login of staff: bench/desk.py."""


def addresses(words: dict[str, Any]) -> dict[str, list[str]]:
    """By pattern, every address that is asked, with these words in it."""
    return {pattern: [_address(pattern, each, words) for each in asked] for pattern, asked in READS.items()}


def patterns() -> list[str]:
    """Every pattern of the site, but for the operators' pages."""
    from django.urls import URLPattern, get_resolver

    found: list[str] = []

    def walk(entries: list[Any], before: str) -> None:
        for entry in entries:
            pattern = before + str(entry.pattern)
            if isinstance(entry, URLPattern):
                found.append(pattern)
            elif pattern != OPERATORS:
                walk(entry.url_patterns, pattern)

    walk(get_resolver().url_patterns, "")
    return found


def _address(pattern: str, asked: str, words: dict[str, Any]) -> str:
    """`asked` has what stands in the place of the brackets, with what lies between them, and the query."""
    given, mark, query = asked.format_map(words).partition("?")
    values = given.split("/") if given else []
    parts = []
    for part in pattern.split("/"):
        before, bracket, after = part.partition("<")
        parts.append(before + values.pop(0) + after.partition(">")[2] if bracket else part)
    assert not values, (pattern, asked)
    return "/" + "/".join(parts) + mark + query
