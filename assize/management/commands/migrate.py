"""Django's migrate, as the tables' owner, and then the app role's rights."""

from typing import Any, cast

from django.conf import settings
from django.core.management.commands import migrate
from django.db import connections
from django.db.backends.postgresql.base import DatabaseWrapper

from assize import grants


class Command(migrate.Command):
    """Works on `owner` unless told otherwise; afterwards the role that processes work as has its rights."""

    def add_arguments(self, parser: Any) -> None:
        super().add_arguments(parser)
        parser.set_defaults(database="owner" if "owner" in connections else "default")

    def handle(self, *args: Any, **options: Any) -> str | None:
        done = super().handle(*args, **options)
        if settings.DATABASE_ROLE != "none" and not options["plan"] and not options["check_unapplied"]:
            grants.apply(cast(DatabaseWrapper, connections[options["database"]]), settings.DATABASE_ROLE)
        return done
