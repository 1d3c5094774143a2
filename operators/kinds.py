"""What a kind of proposal is. The kinds themselves stand beside what they do; desk/kinds.py has the table of all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from operators.models import Proposal
from protocol.canonical import canonical_json, json_hash

Details = Mapping[str, Any]


class NotPossible(ValueError):
    """It cannot be proposed, approved or done; the text says why."""


@dataclass(frozen=True, slots=True)
class Change:
    """One line of a dry run: what is now, and what would be."""

    what: str
    before: str
    after: str


def differences(before: Mapping[str, Any], after: Mapping[str, Any], *, under: str = "") -> tuple[Change, ...]:
    """Field by field what two documents differ in, by dotted names; lists are looked into where they are as long."""
    found: list[Change] = []
    for name in sorted({*before, *after}):
        old, new = before.get(name), after.get(name)
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            found += differences(old, new, under=f"{under}{name}.")
        elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
            by_place = [{str(place): each for place, each in enumerate(items)} for items in (old, new)]
            found += differences(*by_place, under=f"{under}{name}.")
        elif (name in before) != (name in after) or canonical_json(old) != canonical_json(new):
            found.append(Change(f"{under}{name}", _told(old), _told(new)))
    return tuple(found)


def _told(value: Any) -> str:
    return "" if value is None else value if isinstance(value, str) else canonical_json(value).decode()


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be done, worked out without doing it.

    `subject` is what it is about: of a kind and subject one proposal is open at a time. Changes are what two people
    agree to: where they differ by the time it is done, it is not done. So nothing stands in them that moves by itself.
    Notes are worth seeing and may move: nobody agrees to them.
    """

    subject: str
    sentence: str
    changes: tuple[Change, ...] = ()
    notes: tuple[str, ...] = ()
    person: str = ""
    """A member of staff whom it is about, and who therefore neither proposes nor approves it."""

    @property
    def hash(self) -> str:
        """Of all that is agreed to."""
        return json_hash({name: told for name, told in self.to_json().items() if name != "notes"})

    def to_json(self) -> dict[str, Any]:
        """As the proposal's row keeps it."""
        return {
            "subject": self.subject,
            "sentence": self.sentence,
            "changes": [asdict(each) for each in self.changes],
            "notes": list(self.notes),
        }


@dataclass(frozen=True, slots=True)
class Kind:
    """`plan` raises NotPossible where it could not be done. `carry_out` does it, for the second given, and says what
    came of it; None where it has to go on in the next round. It too may raise NotPossible, which ends the proposal.
    `signs`: it sends transactions, so only a process that holds the key that pays can carry it out.

    Details hold strings, whole numbers, lists and objects of them.
    """

    name: str
    title: str
    about: str
    plan: Callable[[Details, int], Plan]
    carry_out: Callable[[Proposal, int], str | None]
    signs: bool = False
