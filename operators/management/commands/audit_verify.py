"""manage.py audit_verify"""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from operators import audit
from operators.management.explained import OperatorCommand
from operators.models import AuditEntry


class Command(OperatorCommand):
    help = (
        "Work every head of the audit log out again, from its start, and compare it with what attestors"
        " have signed. The first entry that is wrong is shown."
    )
    when = "weekly, with the files of an attestor that somebody else runs, and whenever somebody is doubted"
    changes = "nothing"
    exits = "0 all as it should be, 1 it is not"
    example = "manage.py audit_verify --anchor root-41.json --anchor root-42.json"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--anchor",
            action="append",
            default=[],
            type=Path,
            metavar="FILE",
            help="root-EPOCH.json of an attestor: the head in it must be the log's own; may be given many times",
        )

    def handle(self, *args: Any, **given: Any) -> None:
        anchors = dict(_anchor(path) for path in given["anchor"])
        entries = AuditEntry.objects.order_by("seq").iterator(chunk_size=2_000)
        if wrong := audit.verify(entries, anchors):
            raise CommandError(wrong)
        last = audit.head()
        self.stdout.write(
            f"{last.seq} entries, head {last.head}, {len(anchors)} anchors: all as it should be"
        )


def _anchor(path: Path) -> tuple[int, str]:
    try:
        kept = json.loads(path.read_text())["audit"]
        return int(kept["seq"]), str(kept["head"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CommandError(f"{path} has no head of the audit log: {error}") from None
