"""An account's follows and what they were told, for its own programs: with a token of /me/tokens/."""

from __future__ import annotations

from typing import Any

from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from alerts import selectors
from alerts.models import ApiToken, Delivery, Follow
from alerts.services import follows
from oracle import clock
from oracle.api import schema
from oracle.api.base import ApiView, integer, page_size
from oracle.api.problems import Problem, not_found
from oracle.events import EventKind

AUTH: Any = [{"token": []}]


class FollowShape(serializers.Serializer):
    id = schema.Integer()
    scope = serializers.ChoiceField(choices=Follow.Scope.values)
    target = serializers.CharField(allow_blank=True, help_text="an expiry's id, an index's slug, an address, or empty")
    kinds = serializers.ListField(child=serializers.ChoiceField(choices=list(EventKind)), help_text="empty: all")
    deviation_bps = schema.Integer(allow_null=True)
    deviation_from = serializers.ChoiceField(choices=Follow.From.values)
    least_value = schema.Integer(allow_null=True)
    mail = serializers.CharField(allow_null=True)
    webhook = serializers.CharField(allow_null=True)
    feed = serializers.BooleanField()
    paused = serializers.BooleanField()


class Follows(serializers.Serializer):
    results = FollowShape(many=True)


class AttemptShape(serializers.Serializer):
    at = schema.Integer()
    milliseconds = schema.Integer()
    status = schema.Integer(allow_null=True)
    said = serializers.CharField(allow_blank=True, help_text="the answer's first bytes, or what was in the way")


class DeliveryShape(serializers.Serializer):
    id = schema.Integer()
    message = serializers.CharField(help_text="webhook-id, and the front of Message-ID")
    channel = serializers.ChoiceField(choices=["mail", "webhook"])
    purpose = serializers.ChoiceField(choices=Delivery.Purpose.values)
    event = serializers.CharField(allow_null=True, help_text="id of the event")
    follow = schema.Integer(allow_null=True)
    state = serializers.ChoiceField(choices=Delivery.State.values)
    next_at = schema.Integer(allow_null=True, help_text="of the next try, while it waits")
    created_at = schema.Integer()
    attempts = AttemptShape(many=True)


class Deliveries(serializers.Serializer):
    results = DeliveryShape(many=True)
    next = schema.Integer(allow_null=True, help_text="as `before`: older ones; null: there are none")


class _Mine(ApiView):
    """Answers only to a token, and only of its account."""

    def account(self, request: Request) -> str:
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        row = ApiToken.objects.filter(digest=follows.token_digest(token)).first() if kind == "Bearer" else None
        if row is None:
            raise Problem("unauthorized", "Send Authorization: Bearer and a token of /me/tokens/.", status=401)
        return row.account

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        found = super().finalize_response(request, response, *args, **kwargs)
        found["Cache-Control"] = "private"
        return found


class FollowsView(_Mine):
    @extend_schema(
        operation_id="follows", summary="What the token's account follows", auth=AUTH,
        responses={200: Follows, **schema.problems(401)},
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        return Response({"results": [_follow(each) for each in selectors.follows_of(self.account(request))]})


class DeliveriesView(_Mine):
    @extend_schema(
        operation_id="deliveries", summary="What was sent to the token's account, newest first", auth=AUTH,
        parameters=[schema.query("before", "`next` of the page before"), schema.query("limit", "50, at most 200", int)],
        responses={200: Deliveries, **schema.problems(400, 401)},
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        account, limit = self.account(request), page_size(request, default=50, most=200)
        before = integer(request, "before", default=0) or None
        rows = selectors.deliveries_of(account, before=before, limit=limit + 1)
        more = str(rows[limit - 1].pk) if len(rows) > limit else None
        return Response({"results": [_delivery(each) for each in rows[:limit]], "next": more})


class ReplayView(_Mine):
    @extend_schema(
        operation_id="replay", summary="Send a delivery once more, under the same id", auth=AUTH, request=None,
        responses={202: DeliveryShape, **schema.problems(400, 401, 404, 413, 415, 429)},
    )  # fmt: skip
    def post(self, request: Request, delivery: int) -> Response:
        account = self.account(request)
        row = follows.replay(account=account, pk=delivery, now=clock.now()) if delivery < 2**63 else None
        if row is None:
            raise not_found("delivery of yours that could be sent again now")
        return Response(_delivery(row), status=202)


def _text(value: int | None) -> str | None:
    return None if value is None else str(value)


def _follow(row: Follow) -> dict[str, Any]:
    names = ("scope", "target", "kinds", "deviation_from", "feed", "paused")
    return {name: getattr(row, name) for name in names} | {
        "id": str(row.pk),
        "deviation_bps": _text(row.deviation_bps),
        "least_value": _text(row.least_value),
        "mail": row.mailbox.address if row.mailbox else None,
        "webhook": row.hook.url if row.hook else None,
    }


def _delivery(row: Delivery) -> dict[str, Any]:
    tries = [
        {"at": str(each.at), "milliseconds": str(each.milliseconds), "status": _text(each.status), "said": each.said}
        for each in row.attempts.all()
    ]
    return {
        "id": str(row.pk),
        "message": str(row),
        "channel": row.channel,
        "purpose": row.purpose,
        "event": None if row.seq is None else f"{row.seq}.{row.n}",
        "follow": _text(row.follow_id),
        "state": row.state,
        "next_at": str(row.next_at) if row.state == Delivery.State.WAITING else None,
        "created_at": str(row.created_at),
        "attempts": tries,
    }


urlpatterns = [
    path("follows", FollowsView.as_view(), name="api-follows"),
    path("deliveries", DeliveriesView.as_view(), name="api-deliveries"),
    path("deliveries/<int:delivery>/replay", ReplayView.as_view(), name="api-replay"),
]
