"""Django's migrate, as the tables' owner, and then the app role's rights."""

from typing import Any, cast

from django.conf import settings
from django.core.management.commands import migrate
from django.db import connections
from django.db.backends.postgresql.base import DatabaseWrapper

from assize import grants
from operators.management.explained import Explained


class Command(Explained, migrate.Command):
    """Works on `owner` unless told otherwise; afterwards the role that processes work as has its rights."""

    help = (
        "Bring the tables to this version, as their owner, and set the rights of the role that every other"
        " process works as."
    )
    when = "before the first start, and before the processes of a new version (docs/operating/upgrading.md)"
    changes = "tables, triggers and rights; repeatable"
    example = (
        "manage.py migrate --plan\n"
        "manage.py migrate"
    )

    def add_arguments(self, parser: Any) -> None:
        super().add_arguments(parser)
        parser.set_defaults(database="owner" if "owner" in connections else "default")

    def handle(self, *args: Any, **options: Any) -> str | None:
        done = super().handle(*args, **options)
        if settings.DATABASE_ROLE != "none" and not options["plan"] and not options["check_unapplied"]:
            grants.apply(cast(DatabaseWrapper, connections[options["database"]]), settings.DATABASE_ROLE)
        return done
