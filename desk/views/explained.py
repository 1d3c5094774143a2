"""The page of one thing in the admin: why it is as it is, before all that its row holds."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.utils import unquote
from django.http import HttpRequest, HttpResponse

from desk.kinds import KINDS
from desk.why import EXPLAINED
from operators.read_only import ReadOnlyAdmin
from oracle import clock


class ExplainedAdmin(ReadOnlyAdmin):
    """Of a model in desk/why: its change page is the explanation, with the columns folded below."""

    change_form_template = "admin/desk/why.html"

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        row = self.get_object(request, unquote(object_id))
        context: dict[str, Any] = dict(extra_context or {})
        if row is not None and self.has_view_permission(request, row):
            now = clock.now()
            why = EXPLAINED[self.model](row, now)
            may = getattr(request.user, "has_perm", lambda name: False)("operators.add_proposal")
            asks = [each for each in why.act if may and each.kind in KINDS]
            context |= {"why": why, "asks": asks, "now": now, "title": self.page_title(row)}
            context |= self.more(request, row, now)
        page: HttpResponse = super().change_view(request, object_id, form_url, context)
        return page

    def page_title(self, row: Any) -> str:
        """What the page is called."""
        return f"{self.opts.verbose_name} {row}".capitalize()

    def more(self, request: HttpRequest, row: Any, now: int) -> dict[str, Any]:
        """Whatever else its template asks for."""
        return {}
