"""The page of alerts: follows, ways to be told, what was told. Only ever of whoever is logged in."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import quote

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from alerts import selectors
from alerts.forms import FollowForm, HookForm, MailboxForm, TokenForm, initial
from alerts.models import ApiToken, CalendarLink, Delivery, Follow, Hook, Mailbox
from alerts.services import follows, mails
from oracle import clock
from pages.limits import limited
from pages.sessions import account_of

ROWS = 50
View = Callable[..., HttpResponse]
BOTH = require_http_methods(["GET", "HEAD", "POST"])


def mine(view: View) -> View:
    """Give the account to the view; whoever is not logged in is led there first."""

    @wraps(view)
    @limited
    @never_cache
    def found(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        account = account_of(request)
        if account is None:
            back = request.get_full_path() if request.method in ("GET", "HEAD") else "/me/alerts/"
            return redirect(f"/login/?next={quote(back)}")
        return view(request, account, *args, **kwargs)

    return found


@require_safe
@mine
def overview(request: HttpRequest, account: str) -> HttpResponse:
    """Everything at once."""
    context = {
        "follows": selectors.follows_of(account),
        "mailboxes": Mailbox.objects.filter(account=account),
        "hooks": Hook.objects.filter(account=account),
        "calendar": CalendarLink.objects.filter(account=account).first(),
        "mail_offered": mails.offered(),
        "mailbox_form": MailboxForm(),
        "hook_form": HookForm(),
        "now": clock.now(),
    }
    return render(request, "alerts/overview.html", context)


@BOTH
@mine
def edit(request: HttpRequest, account: str, pk: int | None = None) -> HttpResponse:
    """A new follow, or one of before."""
    old = get_object_or_404(Follow, pk=pk, account=account) if pk is not None else None
    if request.method == "POST":
        form = FollowForm(request.POST, account=account)
        if form.is_valid():
            try:
                follows.follow(account=account, now=clock.now(), pk=pk, **form.cleaned_data)
            except follows.TooMany as error:
                form.add_error(None, str(error))
            else:
                messages.success(request, "Kept. You hear of what happens from now on.")
                return redirect("alerts")
    else:
        form = FollowForm(account=account, initial=initial(old) if old else _wanted(request, account))
    status = 200 if not form.errors else 400
    return render(request, "alerts/edit.html", {"form": form, "follow": old}, status=status)


def _wanted(request: HttpRequest, account: str) -> dict[str, Any]:
    """`?expiry=<slug>`, `?votes=mine` and the like, by which other pages lead here; and the first address by mail."""
    box = Mailbox.objects.filter(account=account, confirmed_at__isnull=False).first()
    found = {"mailbox": box, "kinds": request.GET.getlist("kind")}
    if "votes" in request.GET:
        return found | {"scope": Follow.Scope.VOTES}
    for scope in ("expiry", "index", "account"):
        if text := request.GET.get(scope, "")[:100]:
            return found | {"scope": scope, "target": text}
    return found


@require_safe
@mine
def log(request: HttpRequest, account: str) -> HttpResponse:
    """What was told, newest first, with every try."""
    before = request.GET.get("before", "")
    if before and not (before.isascii() and before.isdigit() and len(before) < 19):
        raise Http404("no such page")
    rows = list(selectors.deliveries_of(account, before=int(before) if before else None)[: ROWS + 1])
    more = rows[ROWS - 1].pk if len(rows) > ROWS else None
    return render(request, "alerts/log.html", {"rows": rows[:ROWS], "more": more, "now": clock.now()})


@BOTH
@mine
def tokens(request: HttpRequest, account: str) -> HttpResponse:
    """Tokens for programs. A new one is shown once."""
    form, made = TokenForm(request.POST if request.method == "POST" else None), None
    if form.is_valid():
        try:
            made = follows.add_token(account=account, name=form.cleaned_data["name"], now=clock.now())
        except follows.TooMany as error:
            form.add_error("name", str(error))
    rows = ApiToken.objects.filter(account=account)
    context = {"form": TokenForm() if made else form, "tokens": rows, "made": made, "now": clock.now()}
    return render(request, "alerts/tokens.html", context)


@require_POST
@mine
def change(request: HttpRequest, account: str, what: str, pk: int) -> HttpResponse:
    """The small buttons. What is another's is not there."""
    if what == "calendar":
        follows.new_calendar(account=account)
        return redirect("alerts")
    model, do, said = CHANGES[what]
    get_object_or_404(model, pk=pk, account=account)
    if do(account, pk) is None and what == "replay":
        said = "This cannot be sent again now."
    messages.success(request, said)
    return redirect("alert-log" if what == "replay" else "api-tokens" if what == "drop-token" else "alerts")


def _test(what: type[Mailbox] | type[Hook]) -> Callable[[str, int], None]:
    name = "mailbox" if what is Mailbox else "hook"

    def do(account: str, pk: int) -> None:
        given: Any = {name: what.objects.get(pk=pk, account=account)}
        follows.send_test(account=account, now=clock.now(), **given)

    return do


CHANGES: dict[str, tuple[Any, Callable[[str, int], Any], str]] = {
    "pause": (Follow, lambda a, pk: follows.pause(account=a, pk=pk, paused=True), "Paused."),
    "resume": (Follow, lambda a, pk: follows.pause(account=a, pk=pk, paused=False), "It goes on from now."),
    "new-feed": (
        Follow,
        lambda a, pk: follows.new_feed(account=a, pk=pk),
        "Its feed has a new address; the old one is good no more.",
    ),
    "delete": (Follow, lambda a, pk: follows.unfollow(account=a, pk=pk), "Deleted."),
    "drop-mailbox": (Mailbox, lambda a, pk: follows.drop(account=a, what=Mailbox, pk=pk), "Deleted."),
    "drop-hook": (Hook, lambda a, pk: follows.drop(account=a, what=Hook, pk=pk), "Deleted."),
    "drop-token": (ApiToken, lambda a, pk: follows.drop(account=a, what=ApiToken, pk=pk), "Deleted."),
    "rotate": (
        Hook,
        lambda a, pk: follows.rotate(account=a, pk=pk, now=clock.now()),
        "A new secret. The old one signs as well for a day.",
    ),
    "enable": (Hook, lambda a, pk: follows.enable(account=a, pk=pk), "Messages are sent there again."),
    "test-mailbox": (Mailbox, _test(Mailbox), "A test is on its way."),
    "test-hook": (Hook, _test(Hook), "A test is on its way; the log says what was answered."),
    "replay": (
        Delivery,
        lambda a, pk: follows.replay(account=a, pk=pk, now=clock.now()),
        "It is sent again.",
    ),
}


@require_POST
@mine
def add(request: HttpRequest, account: str, what: str) -> HttpResponse:
    """A mail address or a webhook."""
    form: Any = (MailboxForm if what == "mailbox" else HookForm)(request.POST)
    if what == "mailbox" and not mails.offered():
        raise Http404("this service sends no mail")
    if not form.is_valid():
        messages.error(request, " ".join(str(error) for errors in form.errors.values() for error in errors))
        return redirect("alerts")
    try:
        if what == "mailbox":
            follows.add_mailbox(account=account, now=clock.now(), **form.cleaned_data)
            messages.success(request, "A link is on its way there. Alerts go there once it was followed.")
        else:
            follows.add_hook(account=account, **form.cleaned_data)
            messages.success(request, "Added. Its secret stands below; choose it in an alert.")
    except follows.TooMany as error:
        messages.error(request, str(error))
    return redirect("alerts")


@BOTH
@limited
@never_cache
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """By button, not by opening: mail servers open links as well."""
    box = mails.confirmable(token)
    if box is not None and request.method == "POST":
        follows.confirm(mailbox=box, now=clock.now())
    return _by_link(request, box, "confirm")


@csrf_exempt  # RFC 8058: a mail program posts here, without a cookie; the token is the right
@BOTH
@limited
@never_cache
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """One click of a mail program, or the button."""
    box = mails.stoppable(token)
    if box is not None and request.method == "POST":
        follows.unsubscribe(mailbox=box)
    return _by_link(request, box, "unsubscribe")


def _by_link(request: HttpRequest, box: Mailbox | None, what: str) -> HttpResponse:
    context = {"box": box, "what": what, "done": box is not None and request.method == "POST"}
    return render(request, "alerts/link.html", context, status=200 if box else 404)
