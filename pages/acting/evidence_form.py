"""What a person may add to a report or a claim: words, links, observations, files. Left empty it is no evidence.

The bytes of files stay in the browser until the act is taken; what comes here are their entries (papers.js).
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

from django import forms

from pages import reading
from protocol import evidence
from protocol.signing import Message

_SECOND = re.compile(r"[0-9]{1,12}")
_INSTANT = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]([0-9]{2}:[0-9]{2}(?::[0-9]{2})?) ?(?:Z|UTC)?", re.IGNORECASE)


TYPED = ("words", "links", "observations")


class PaperField(forms.CharField):
    """A part of the evidence. Texts come with the line ends of HTTP, and are hashed with those of the form."""

    paper = True

    def __init__(self, rows: int = 0, **options: Any) -> None:
        attrs = {"rows": rows, "spellcheck": "false"}
        widget = forms.Textarea(attrs=attrs) if rows else forms.HiddenInput()
        super().__init__(required=False, widget=widget, **options)

    def clean(self, value: Any) -> str:
        text: str = super().clean((value or "").replace("\r\n", "\n"))
        return text


class EvidenceForm(forms.Form):
    """A form whose act is for a price on an expiry, with the evidence for it."""

    words = PaperField(
        3, label="In words", max_length=evidence.MAX_WORDS, strip=False, help_text="How you know it; 4,000 characters."
    )
    links = PaperField(2, label="Links", help_text="One address in a line, http or https.")
    observations = PaperField(
        3,
        label="Observations",
        help_text="One in a line: source, UTC instant, price. As in: Kraken, 2026-12-25 08:00:00, 2500.25",
    )
    entries = PaperField()

    evidence_document: dict[str, Any] | None = None
    """Whose hash is signed; None where nothing was added."""

    @property
    def evidence_parts(self) -> list[forms.BoundField]:
        """What people type; files are the script's."""
        return [self[name] for name in TYPED]

    def clean_links(self) -> list[str]:
        return _lines(self.cleaned_data["links"])

    def clean_observations(self) -> list[dict[str, str]]:
        return [_observation(number, line) for number, line in enumerate(_lines(self.cleaned_data["observations"]), 1)]

    def clean_entries(self) -> Any:
        text = self.cleaned_data["entries"]
        try:
            found = json.loads(text) if text else []
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
            raise forms.ValidationError("Choose the files again.")
        return found

    def add_evidence(self, message: Message) -> bool:
        """Put the hash of what was added into the message; False where it is not in form: then a field says why."""
        parts = {name: self.cleaned_data[name] for name in TYPED}
        files = self.cleaned_data["entries"]
        if not (files or any(parts.values())):
            return True
        try:
            made = evidence.document(expiry=message["expiry"], price=message["price"], files=files, **parts)
        except ValueError as error:
            text = str(error)
            place = "entries" if text.startswith("files") else next(filter(text.startswith, TYPED), "words")
            self.add_error(place, text)
            return False
        self.evidence_document, message["evidence"] = made, evidence.evidence_hash(made)
        return True


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.split("\n") if line.strip()]


def _observation(number: int, line: str) -> dict[str, str]:
    parts = [part.strip() for part in line.split(",")]
    if len(parts) != 3:
        raise forms.ValidationError(f"Line {number}: write source, UTC instant, price, with a comma between each.")
    source, instant, price = parts
    try:
        second, exact = _instant(instant), reading.decimal(price)
    except ValueError as error:
        raise forms.ValidationError(f"Line {number}: {error}") from None
    return evidence.observation(source=source, instant=second, price=exact, raw=evidence.NO_ANSWER)


def _instant(text: str) -> int:
    """A unix second, written as one or as `2026-12-25 08:00:00`."""
    if _SECOND.fullmatch(text):
        return int(text)
    found = _INSTANT.fullmatch(text)
    if found is None:
        raise ValueError("write the instant as 2026-12-25 08:00:00, in UTC.")
    try:
        moment = datetime.fromisoformat(f"{found[1]}T{found[2]}").replace(tzinfo=UTC)
    except ValueError:
        raise ValueError("there is no such instant.") from None
    return int(moment.timestamp())
