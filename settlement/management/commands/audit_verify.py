"""manage.py audit_verify"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from operators.management.explained import OperatorCommand
from operators.models import AuditEntry
from operators.services import audit
from settlement.models import Root


class Command(OperatorCommand):
    """It stands here because roots do, whose rows have heads of the log too."""

    help = (
        "Work every head of the audit log out again, from its start, and compare it with what stands in every root, and"
        " in what attestors have kept. The first entry that is wrong is shown."
    )
    when = "weekly, with the files of an attestor that somebody else runs, and whenever somebody is doubted"
    changes = "nothing"
    exits = "0 all as it should be, 1 it is not"
    example = "manage.py audit_verify --anchor roots.jsonl --anchor root-42.json"
    long_work = True

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--anchor",
            action="append",
            default=[],
            type=Path,
            metavar="FILE",
            help="roots.jsonl or root-EPOCH.json of an attestor: the heads in it must be the log's; may be given many"
            " times. Only an attestor's file tells where both log and roots were rewritten",
        )

    def handle(self, *args: Any, **given: Any) -> None:
        kept = _of_roots()
        for path in given["anchor"]:
            for seq, head in _of_file(path):
                if kept.setdefault(seq, head) != head:
                    raise CommandError(f"entry {seq} has the head {head} in {path}, and {kept[seq]} elsewhere")
        if wrong := audit.verify(self._entries(), kept):
            raise CommandError(wrong)
        last = audit.head()
        self.stdout.write(f"{last.seq} entries, head {last.head}, {len(kept)} anchors: all as it should be")

    def _entries(self) -> Iterator[AuditEntry]:
        total = AuditEntry.objects.count()
        rows = AuditEntry.objects.order_by("seq").iterator(chunk_size=2_000)
        for number, entry in enumerate(rows, start=1):
            yield entry
            self.progress("entries of the audit log", number, total)


def _of_roots() -> dict[int, str]:
    """What stands in our own rows: whoever rewrites the log has to rewrite them as well."""
    rows = Root.objects.filter(audit_seq__gt=0).order_by("id").values_list("audit_seq", "audit_head")
    return {seq: head for seq, head in rows if seq is not None}


def _of_file(path: Path) -> list[tuple[int, str]]:
    try:
        text = path.read_text()
        documents = [json.loads(line) for line in text.splitlines()] if path.suffix == ".jsonl" else [json.loads(text)]
        heads = [each["audit"] for each in documents if path.suffix != ".jsonl" or "audit" in each]
        return [(int(each["seq"]), str(each["head"])) for each in heads if int(each["seq"]) > 0]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CommandError(f"{path} has no head of the audit log: {error}") from None
