"""An account's follows, its webhooks and what they were told, for its own programs: with a token of /me/tokens/."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.conf import settings
from django.forms import Form
from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from alerts import selectors
from alerts.forms import FollowForm, HookForm
from alerts.models import ApiToken, Delivery, Follow, Hook, Mailbox
from alerts.services import follows
from oracle import clock
from oracle.api import schema
from oracle.api.base import ApiView, body_of, integer, one_page, page_size
from oracle.api.codes import Code
from oracle.api.problems import Problem, malformed, not_found
from oracle.events import EventKind
from protocol.show import typed

AUTH: Any = [{"token": []}]
Row = TypeVar("Row")
NEW = (
    "scope", "target", "kinds", "deviation_bps", "deviation_from", "least_value", "mail", "webhook", "feed",
)  # fmt: skip
PAGE = [schema.query("cursor", "`next` of the page before", int), schema.query("limit", "50, at most 200", int)]


class NewFollow(serializers.Serializer):
    scope = serializers.ChoiceField(choices=Follow.Scope.values)
    target = serializers.CharField(
        allow_blank=True,
        help_text="by scope: an expiry's id or slug, an index's slug, an address; else empty",
    )
    kinds = serializers.ListField(child=serializers.ChoiceField(choices=list(EventKind)), help_text="empty: all")
    deviation_bps = schema.Integer(allow_null=True)
    deviation_from = serializers.ChoiceField(choices=Follow.From.values)
    least_value = schema.Integer(allow_null=True, help_text="wei")
    mail = serializers.CharField(allow_null=True, help_text="an address that is confirmed")
    webhook = schema.Integer(allow_null=True, help_text="its id")
    feed = serializers.BooleanField()


class FollowShape(NewFollow):
    id = schema.Integer()
    paused = serializers.BooleanField()
    feed_url = serializers.CharField(allow_null=True, help_text="whoever knows it may read it")


class Follows(serializers.Serializer):
    results = FollowShape(many=True)
    next = schema.Integer(allow_null=True, help_text="cursor of the next page")


class NewWebhook(serializers.Serializer):
    url = serializers.CharField()


class WebhookShape(NewWebhook):
    id = schema.Integer()
    failing_since = schema.Integer(allow_null=True)
    disabled_at = schema.Integer(allow_null=True)


class WebhookMade(WebhookShape):
    secret = serializers.CharField(help_text="signs what is sent there; on the page it can be read again")


class Webhooks(serializers.Serializer):
    results = WebhookShape(many=True)
    next = schema.Integer(allow_null=True, help_text="cursor of the next page")


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
    next = schema.Integer(allow_null=True, help_text="cursor of the next page")


class _Mine(ApiView):
    """Answers only to a token, and only of its account."""

    def account(self, request: Request) -> str:
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        row = ApiToken.objects.filter(digest=follows.token_digest(token)).first() if kind == "Bearer" else None
        if row is None:
            raise Problem(Code.UNAUTHORIZED, "Send Authorization: Bearer and a token of /me/tokens/.")
        return row.account

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        found = super().finalize_response(request, response, *args, **kwargs)
        found["Cache-Control"] = "private"
        return found


class FollowsView(_Mine):
    @extend_schema(
        operation_id="follows", summary="What the token's account follows", auth=AUTH, parameters=PAGE,
        responses={200: Follows, **schema.problems(400, 401)},
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        account, limit = self.account(request), page_size(request, default=50, most=200)
        found = selectors.follows(account).filter(pk__gt=integer(request, "cursor", default=0))
        rows, cursor = one_page(found, limit, lambda row: row.pk)
        return Response({"results": [_follow(each) for each in rows], "next": cursor})

    @extend_schema(
        operation_id="follow", summary="Follow something; told is what happens from now on", auth=AUTH,
        request=NewFollow, responses={201: FollowShape, **schema.problems(400, 401, 409, 413, 415, 429)},
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        account = self.account(request)
        form = FollowForm(_as_typed(request, account), account=account)
        given = {**_cleaned(form), "account": account, "now": clock.now()}
        return Response(_follow(_within_limits(lambda: follows.follow(**given))), status=201)


class FollowView(_Mine):
    @extend_schema(
        operation_id="unfollow", summary="Follow it no more", auth=AUTH,
        responses={200: FollowShape, **schema.problems(401, 404)},
    )  # fmt: skip
    def delete(self, request: Request, follow: int) -> Response:
        account = self.account(request)
        found = [row for row in selectors.follows_of(account) if row.pk == follow]
        if not found:
            raise not_found("follow of yours")
        follows.unfollow(account=account, pk=follow)
        return Response(_follow(found[0]))


class WebhooksView(_Mine):
    @extend_schema(
        operation_id="webhooks", summary="The targets of the token's account", auth=AUTH, parameters=PAGE,
        responses={200: Webhooks, **schema.problems(400, 401)},
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        account, limit = self.account(request), page_size(request, default=50, most=200)
        found = Hook.objects.filter(account=account, pk__gt=integer(request, "cursor", default=0)).order_by("pk")
        rows, cursor = one_page(found, limit, lambda row: row.pk)
        return Response({"results": [_webhook(each) for each in rows], "next": cursor})

    @extend_schema(
        operation_id="add_webhook", summary="A target, with a new secret", auth=AUTH,
        request=NewWebhook, responses={201: WebhookMade, **schema.problems(400, 401, 409, 413, 415, 429)},
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        account = self.account(request)
        [url] = body_of(request, ("url",))
        if not isinstance(url, str):
            raise malformed("url must be a string.")
        given = {**_cleaned(HookForm({"url": url})), "account": account}
        row = _within_limits(lambda: follows.add_hook(**given))
        return Response({**_webhook(row), "secret": row.secret}, status=201)


class WebhookView(_Mine):
    @extend_schema(
        operation_id="drop_webhook", summary="Send nothing there any more", auth=AUTH,
        responses={200: WebhookShape, **schema.problems(401, 404)},
    )  # fmt: skip
    def delete(self, request: Request, webhook: int) -> Response:
        account = self.account(request)
        row = Hook.objects.filter(account=account, pk=webhook).first() if webhook < 2**63 else None
        if row is None:
            raise not_found("webhook of yours")
        shown = _webhook(row)
        follows.drop(account=account, what=Hook, pk=webhook)
        return Response(shown)


class DeliveriesView(_Mine):
    @extend_schema(
        operation_id="deliveries", summary="What was sent to the token's account, newest first", auth=AUTH,
        parameters=PAGE,
        responses={200: Deliveries, **schema.problems(400, 401)},
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        account, limit = self.account(request), page_size(request, default=50, most=200)
        found = selectors.deliveries_of(account, before=integer(request, "cursor", default=0) or None)
        rows, cursor = one_page(found, limit, lambda row: row.pk)
        return Response({"results": [_delivery(each) for each in rows], "next": cursor})


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


def _as_typed(request: Request, account: str) -> dict[str, Any]:
    """The body as the page's form takes it: one judge of what can be followed."""
    body = dict(zip(NEW, body_of(request, NEW), strict=True))
    kinds, feed = body.pop("kinds"), body.pop("feed")
    texts = [*body.values(), *(kinds if isinstance(kinds, list) else ())]
    plain = all(isinstance(each, str | None) for each in texts)
    if not (isinstance(kinds, list) and isinstance(feed, bool) and plain):
        raise malformed("kinds must be a list, feed true or false, all else strings or null.")
    value, mail = body.pop("least_value"), body.pop("mail")
    if value is not None and not (value.isascii() and value.isdigit() and len(value) < 60):
        raise malformed("least_value must be wei, as a decimal string.")
    boxes = Mailbox.objects.filter(account=account, confirmed_at__isnull=False, address=mail)
    if mail is not None and not boxes:
        raise malformed("mail must be one of your confirmed addresses: add it at /me/alerts/.")
    given = {**body, "hook": body.pop("webhook"), "mailbox": boxes[0].pk if mail is not None else None}
    return {**given, "kinds": kinds, "feed": feed, "least_value": typed(int(value)) if value is not None else None}


def _cleaned(form: Form) -> dict[str, Any]:
    """What the form makes of it; malformed with its own sentences."""
    if not form.is_valid():
        said = [f"{name}: {error}" for name, errors in form.errors.items() for error in errors]
        raise malformed(" ".join(said))
    return form.cleaned_data


def _within_limits(make: Callable[[], Row]) -> Row:
    try:
        return make()
    except follows.TooMany as error:
        raise Problem(Code.TOO_MANY, str(error)) from None


def _webhook(row: Hook) -> dict[str, Any]:
    return {
        "id": str(row.pk),
        "url": row.url,
        "failing_since": _text(row.failing_since),
        "disabled_at": _text(row.disabled_at),
    }


def _text(value: int | None) -> str | None:
    return None if value is None else str(value)


def _follow(row: Follow) -> dict[str, Any]:
    names = ("scope", "target", "kinds", "deviation_from", "feed", "paused")
    return {name: getattr(row, name) for name in names} | {
        "id": str(row.pk),
        "deviation_bps": _text(row.deviation_bps),
        "least_value": _text(row.least_value),
        "mail": row.mailbox.address if row.mailbox else None,
        "webhook": _text(row.hook_id),
        "feed_url": f"{settings.PUBLIC_URL}/feeds/follows/{row.token}.atom" if row.feed else None,
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
    path("follows/<int:follow>", FollowView.as_view(), name="api-follow"),
    path("webhooks", WebhooksView.as_view(), name="api-webhooks"),
    path("webhooks/<int:webhook>", WebhookView.as_view(), name="api-webhook"),
    path("deliveries", DeliveriesView.as_view(), name="api-deliveries"),
    path("deliveries/<int:delivery>/replay", ReplayView.as_view(), name="api-replay"),
]
