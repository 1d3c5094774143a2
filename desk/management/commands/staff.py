"""manage.py staff"""

from collections.abc import Callable
from typing import Any

from axes.utils import reset as forget_wrong_passwords
from django.conf import settings
from django.contrib.auth.models import User
from django.core.management.base import CommandError, CommandParser
from django.urls import reverse

from operators.kinds import NotPossible
from operators.roles import NONE, WORDS, Role, role_of
from operators.services import accounts, audit, second_factor, sessions
from oracle import clock
from oracle.management.shell import ShellCommand, who
from protocol.show import utc


class Command(ShellCommand):
    help = "Make, list, reset, disable and unlock the accounts of those who work at the desk (/admin/)."
    when = "somebody begins or leaves, has lost a phone or a password, or is locked out"
    changes = (
        "accounts, second factors, sessions; each with an entry of the audit log. Roles of accounts that exist are"
        " changed by two people at the desk, not here"
    )
    example = (
        "manage.py staff add ann --role operator\nmanage.py staff list\nmanage.py staff reset ann\n"
        "manage.py staff disable ann\nmanage.py staff unlock ann"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        does = parser.add_subparsers(dest="does", required=True, metavar="what", help="each has a --help")
        add = does.add_parser("add", help="make an account, and print its set-up code once")
        add.add_argument("name", help="what to log in with")
        roles = "; ".join(f"{role}: {WORDS[role]}" for role in Role)
        add.add_argument("--role", required=True, choices=list(Role), help=roles)
        does.add_parser("list", help="everybody, with role, second factor and sessions")
        for name, about in (
            ("reset", "take password, second factor and sessions away, and print a new set-up code"),
            ("disable", "end all sessions; nobody logs in with it again"),
            ("unlock", "forget the wrong passwords that were counted"),
        ):
            does.add_parser(name, help=about).add_argument("name", help="of the account")

    def reads(self, given: dict[str, Any]) -> bool:
        return bool(given["does"] == "list")

    def handle(self, *args: Any, **given: Any) -> None:
        act: Callable[..., str] = getattr(self, given["does"])
        try:
            self.stdout.write(act(given, audit.shell(who())))
        except NotPossible as error:
            raise CommandError(str(error)) from None

    def add(self, given: dict[str, Any], by: str) -> str:
        name, role = given["name"], Role(given["role"])
        return _code(name, accounts.add(name=name, role=role, by=by, now=clock.now()))

    def reset(self, given: dict[str, Any], by: str) -> str:
        return _code(given["name"], accounts.reset(name=given["name"], by=by, now=clock.now()))

    def disable(self, given: dict[str, Any], by: str) -> str:
        accounts.disable(name=given["name"], by=by, now=clock.now())
        return f"{given['name']} is disabled"

    def unlock(self, given: dict[str, Any], by: str) -> str:
        counted = forget_wrong_passwords(username=given["name"])
        audit.record("login.unlocked", given["name"], by=by, now=clock.now())
        return f"{counted} rows of wrong passwords forgotten"

    def list(self, given: dict[str, Any], by: str) -> str:
        people = User.objects.filter(is_staff=True).order_by("username")
        return "\n".join(map(_line, people)) or "nobody yet"


def _code(name: str, code: str) -> str:
    return (
        f"{settings.PUBLIC_URL}{reverse('admin:set-up')}?name={name}\n"
        f"set-up code of {name}, good once within 24 hours, and shown only here: {code}"
    )


def _line(user: User) -> str:
    role = "superuser" if user.is_superuser else role_of(user) or NONE
    factor = "second factor set up" if second_factor.app_of(user) else "no second factor yet"
    seen = sessions.live(user).order_by("-seen_at").values_list("seen_at", flat=True).first()
    last = f"at the desk, seen {utc(seen)}" if seen is not None else "not at the desk"
    return f"{user.username:<20} {role if user.is_active else 'disabled':<10} {factor}, {last}"
