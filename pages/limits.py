"""The API's limit by address, for what pages take by POST as well."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

from oracle.api.limits import AddressLimit

View = Callable[..., HttpResponse]


def limited(view: View) -> View:
    """Answer 429 once an address has used up its POSTS_PER_MINUTE; reading is not counted."""

    @wraps(view)
    def counted(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        limit: Any = AddressLimit()
        if limit.allow_request(request, None):
            return view(request, *args, **kwargs)
        wait = str(limit.wait())
        detail = f"That was too much for one minute; try again in {wait} s."
        return JsonResponse({"detail": detail}, status=429, headers={"Retry-After": wait})

    return counted
