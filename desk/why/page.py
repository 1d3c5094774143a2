"""What the page of one thing consists of; desk/templates/admin/desk/why.html shows it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from desk import addresses
from operators.models import AuditEntry
from protocol.show import utc
from settlement.models import Alarm

ROWS = 20
"""Of each table; the rest is behind a link."""


@dataclass(frozen=True, slots=True)
class Link:
    """Words that lead somewhere."""

    text: str
    href: str


Cell = str | Link


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a title. `empty` is said where there are none; `more` leads to all."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    empty: str = "none"
    more: Link | None = None


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of the timeline. `at` in unix seconds, None where nobody knows; `ahead`: it has not happened."""

    at: int | None
    text: str
    ahead: bool = False


@dataclass(frozen=True, slots=True)
class Ask:
    """A proposal that would help: its kind, and the details that its form begins with."""

    kind: str
    text: str
    details: Mapping[str, object]

    @property
    def href(self) -> str:
        return addresses.new_proposal(self.kind, **self.details)


@dataclass(frozen=True, slots=True)
class Why:
    """`sentence`: why it is as it is. `next`: what moves it, `at` which unix second, None where none is known.

    `act` is what an operator may propose; `commands` what somebody else runs, with their own key.
    """

    sentence: str
    next: str
    at: int | None = None
    timeline: Sequence[Moment] = ()
    tables: Sequence[Table] = ()
    links: Sequence[Link] = ()
    act: Sequence[Ask] = ()
    commands: Sequence[tuple[str, str]] = ()

    @property
    def empty(self) -> Sequence[Table]:
        """What there is nothing of, for one line each."""
        return [table for table in self.tables if not table.rows]


def alarms_and_audit(*subjects: str) -> list[Table]:
    """Alarms about these names, and what the audit log has of them. Two queries."""
    return [_alarms(subjects), _audit(subjects)]


def _alarms(subjects: Iterable[str]) -> Table:
    rows = Alarm.objects.filter(subject__in=list(subjects)).exclude(subject="").order_by("-id")[:ROWS]
    found = [
        (
            Link(alarm.kind, addresses.page(alarm)),
            alarm.words,
            utc(alarm.since),
            "open" if alarm.cleared_at is None else f"over: {alarm.cleared_why}",
        )
        for alarm in rows
    ]
    return Table("Alarms", ("kind", "words", "since", "state"), found, "none was ever raised about it")


def _audit(subjects: Iterable[str]) -> Table:
    wanted = list(subjects)
    rows = AuditEntry.objects.filter(subject__in=wanted).order_by("-seq")[:ROWS]
    found = [
        (
            Link(f"#{entry.seq}", addresses.page(entry)),
            utc(entry.at),
            entry.actor,
            entry.what,
            told(entry.details),
        )
        for entry in rows
    ]
    more = Link("all", addresses.listing(AuditEntry, q=wanted[0])) if len(found) == ROWS else None
    return Table("Audit log", ("entry", "when", "who", "what", "details"), found, "nothing about it", more)


def told(details: dict[str, str]) -> str:
    """An audit entry's details in one line."""
    return ", ".join(f"{name}: {value}" for name, value in details.items())
