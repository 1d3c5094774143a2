"""JSON that has one meaning: what two parsers could read in two ways is refused (PROTOCOL 6, `malformed`)."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

# An act has three: itself, its message, its signatures. The stack is not for strangers to exhaust.
MAX_CONTAINERS = 16
_STRINGS = re.compile(r'"(?:[^"\\]++|\\.)*+"', re.DOTALL)


def loads(raw: bytes, containers: int = MAX_CONTAINERS) -> Any:
    """Parse UTF-8 JSON. ValueError for doubled keys, NaN and Infinity, fractions, and more objects and lists."""
    text = raw.decode()  # a UnicodeDecodeError is a ValueError
    if text.count("{") + text.count("[") > containers:
        bare = _STRINGS.sub("", text)  # words may have braces
        if bare.count("{") + bare.count("[") > containers:
            raise ValueError(f"more than {containers} objects and lists")
    return json.loads(text, object_pairs_hook=_object, parse_constant=_refuse, parse_float=_refuse)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return found


def _refuse(word: str) -> NoReturn:
    raise ValueError(f"{word} is no value here; integers are decimal strings")
