"""Where a request comes from: by BEHIND_PROXY's rule, as for the limits of the API."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

from django.http import HttpRequest
from rest_framework.throttling import BaseThrottle


def address_of(request: HttpRequest) -> str | None:
    """An address, the first of a /64 for IPv6, where one person has as many as they like; None: none is known."""
    asked: Any = request
    try:
        found = ip_address(BaseThrottle().get_ident(asked) or "")
    except ValueError:
        return None
    if isinstance(found, IPv6Address):
        return str(ip_network((found, 64), strict=False).network_address)
    return str(found)
