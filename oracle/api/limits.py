"""How much anybody may send in a minute (RELIABILITY 4): by address for every POST, by account for signed acts.

Counted in this process's memory, from one full minute to the next: it has to stop a flood, not to be fair to the last
request, and it must cost nothing beside the act. n processes let through up to n times as much.
"""

from __future__ import annotations

import re
from ipaddress import ip_address, ip_network

from django.conf import settings
from django.core.cache import cache
from rest_framework.exceptions import Throttled
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from oracle import clock
from oracle.services.answer import Answer
from protocol.acts import Refusal

MINUTE = 60
_ACCOUNT = re.compile(r"0x[0-9a-f]{40}")


class AddressLimit(BaseThrottle):
    """POSTS_PER_MINUTE for each address, whatever they are and whatever becomes of them."""

    def allow_request(self, request: Request, view: APIView) -> bool:
        if request.method != "POST" or not settings.POSTS_PER_MINUTE:
            return True
        return count(f"address:{network(self.get_ident(request))}", clock.now()) <= settings.POSTS_PER_MINUTE

    def wait(self) -> float:
        return _wait(clock.now())


def check_account(account: object, now: int) -> None:
    """Throttled where an account has used up its ACTS_PER_MINUTE; nothing is counted here."""
    if not settings.ACTS_PER_MINUTE or not isinstance(account, str) or not _ACCOUNT.fullmatch(account):
        return
    if cache.get(_key(f"account:{account}", now), 0) >= settings.ACTS_PER_MINUTE:
        raise Throttled(_wait(now))


def count_act(account: object, answer: Answer, now: int) -> None:
    """Count an act, taken or refused, that the account itself has signed and that is not a repetition.

    Anybody can name an account, and send again what stands in the book: that must not keep it out.
    """
    signed = answer.receipt is not None and answer.refusal is not Refusal.BAD_SIGNATURE
    if settings.ACTS_PER_MINUTE and isinstance(account, str) and signed and not answer.repeated:
        count(f"account:{account}", now)


def count(who: str, now: int, by: int = 1) -> int:
    """How many there were in this minute, with this one, or these."""
    key = _key(who, now)
    if cache.add(key, by, 2 * MINUTE):
        return by
    try:
        return int(cache.incr(key, by))
    except ValueError:  # it fell out of a full cache in between
        return by


def _key(who: str, now: int) -> str:
    return f"{who}:{now // MINUTE}"


def _wait(now: int) -> int:
    return MINUTE - now % MINUTE


def network(ident: str | None) -> str:
    """An IPv4 address, or the /64 that one customer gets of IPv6; behind a socket file all are one."""
    try:
        address = ip_address(ident or "")
    except ValueError:
        return "local"
    return str(address if address.version == 4 else ip_network((address, 64), strict=False))
