"""What no log line may show is cut out of it, whoever wrote the line: our code, a library, or an exception's words.

Three ways, because none sees everything: values that the settings know to be secret, wherever they stand; fields by
their name; and forms of text. Prices are cut by their name too: a report's is sealed, and a line does not know whether
its time has come. The last processor but the one that writes (assize/logs.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

CUT = "[cut]"

_NAMES = (
    r"(?:[\w-]*[_-])?(?:password|passphrase|secret|salt|token|mnemonic|authorization|cookie|signatures?"
    r"|price|raw|private_?key|api_?key)"
)
_NAME = re.compile(_NAMES, re.IGNORECASE)
_LONG_HEX = 130
"""Digits of a signature. Digests, ids and addresses are shorter; signed bytes are longer."""

_FORMS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\b(bearer|basic)\s+[\w.~+/=-]+", re.IGNORECASE), rf"\1 {CUT}"),
    (re.compile(r"://[^/\s@]*:[^/\s@]*@"), f"://{CUT}@"),
    # An object in quotes: a message as JSON, or as Python shows it.
    (
        re.compile(
            rf"""((?P<quote>["'])(?:{_NAMES})(?P=quote)\s*:\s*)("[^"]*"|'[^']*'|\[[^\]]*\]|[^\s,}}]+)""",
            re.IGNORECASE,
        ),
        rf"\1{CUT}",
    ),
    (re.compile(rf"\b({_NAMES})=[^\s&,)]+", re.IGNORECASE), rf"\1={CUT}"),
    (re.compile(rf"0x[0-9a-fA-F]{{{_LONG_HEX},}}"), CUT),
    # PostgreSQL shows the row that it refused: an act with its sealed price.
    (re.compile(r"^(\s*DETAIL:\s*).*$", re.MULTILINE), rf"\1{CUT}"),
    # Addresses of which a part is the right to read what stands there.
    (re.compile(r"/(confirm|unsubscribe|follows|mine)/[^\s/?<\"']+"), rf"/\1/{CUT}"),
)


class Censor:
    """A processor of structlog. `secrets` are texts that appear nowhere."""

    def __init__(self, secrets: Iterable[str]) -> None:
        words = sorted({word for word in secrets if word}, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, words))) if words else None

    def __call__(self, _logger: object, _method: str, line: Mapping[str, Any]) -> dict[str, Any]:
        return {name: self._field(name, value) for name, value in line.items()}

    def text(self, text: str) -> str:
        """The text without what must not be shown."""
        if self._known:
            text = self._known.sub(CUT, text)
        for form, instead in _FORMS:
            text = form.sub(instead, text)
        return text

    def _field(self, name: object, value: Any) -> Any:
        if _NAME.fullmatch(str(name)) and value not in (None, ""):
            return CUT
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, Mapping):
            return {self.text(str(key)): self._field(key, each) for key, each in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self._field("", each) for each in value]
        return self.text(value if isinstance(value, str) else str(value))
