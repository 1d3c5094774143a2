"""The admin's site: nothing opens before the second factor was right in this session, for superusers neither."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, path
from unfold.sites import UnfoldAdminSite

from desk.middleware import session_of

# Accounts and passwords are our own affair, and unfold's search would answer with names of what one may not see.
LEFT_OUT = {"login", "logout", "password_change", "password_change_done", "search"}


class DeskSite(UnfoldAdminSite):
    """With our login, set-up and sessions."""

    index_title = "Desk"

    def has_permission(self, request: HttpRequest) -> bool:
        return bool(super().has_permission(request)) and session_of(request) is not None

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        from desk import login  # it needs this site

        return login.login_page(request)

    def get_urls(self) -> list[URLPattern | URLResolver]:
        from desk import account, login

        theirs = [each for each in super().get_urls() if getattr(each, "name", None) not in LEFT_OUT]
        return [
            path("login/", login.login_page, name="login"),
            path("login/code/", login.code_page, name="login-code"),
            path("set-up/", login.set_up_page, name="set-up"),
            path("set-up/app/", login.app_page, name="set-up-app"),
            path("logout/", login.leave, name="logout"),
            path("account/", self.admin_view(account.account_page), name="account"),
            path("account/end/", self.admin_view(account.end_sessions), name="account-end"),
            path("account/password/", self.admin_view(account.change_password), name="account-password"),
            *theirs,
        ]
