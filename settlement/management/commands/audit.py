"""manage.py audit"""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import CommandParser

from operators.management.explained import OperatorCommand
from operators.models import AuditEntry
from oracle.management import options


class Command(OperatorCommand):
    help = (
        "Print the audit log, the oldest entry first, one JSON object to a line: for a search, or for a copy elsewhere."
    )
    when = "to find out who did what, and daily with --after into a file that this host cannot change"
    changes = "nothing"
    example = (
        "manage.py audit --since 2026-11-01T00:00Z --actor staff:ada\n"
        "manage.py audit --after 4711 >> audit.jsonl"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--since", help="unix seconds, or 2026-12-25T08:00Z: entries of that time and later")
        parser.add_argument("--after", type=int, default=0, help="entries behind this number, to go on with a copy")
        parser.add_argument("--actor", help="staff:NAME, shell:NAME or service")
        parser.add_argument("--what", help="as in proposal.approved; docs/operating/audit.md has all of them")
        parser.add_argument("--subject", help="what it was done to")

    def handle(self, *args: Any, **given: Any) -> None:
        entries = AuditEntry.objects.filter(seq__gt=given["after"]).order_by("seq")
        if given["since"]:
            entries = entries.filter(at__gte=options.instant(given["since"]))
        wanted = {name: given[name] for name in ("actor", "what", "subject") if given[name] is not None}
        for entry in entries.filter(**wanted).iterator(chunk_size=2_000):
            told = {
                "seq": str(entry.seq), "at": str(entry.at), "actor": entry.actor, "what": entry.what,
                "subject": entry.subject, "details": entry.details, "head": entry.head,
            }  # fmt: skip
            self.stdout.write(json.dumps(told, ensure_ascii=False))

