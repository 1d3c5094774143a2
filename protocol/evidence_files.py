"""Small files beside evidence: the document names each with its media type, size and hash (docs/evidence.md).

Nothing that a browser runs or draws as a page is among the types: no HTML, no SVG, no PDF. A name ends as its type
does, so that no file is saved as something else than it was checked as.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from protocol.hashing import keccak, to_hex

MAX_FILES, MAX_FILE_BYTES = 4, 256 * 1024
ENTRY_FIELDS = ("name", "type", "size", "hash")

ENDINGS = {
    "text/plain": ("txt",),
    "text/csv": ("csv",),
    "application/json": ("json",),
    "image/png": ("png",),
    "image/jpeg": ("jpg", "jpeg"),
}
"""Every media type there is, and how the names of its files end."""

_BEGINS = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff"}
_STEM = r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}"  # without a dot: `a.html.txt` would be saved as HTML by some
_HASH = re.compile(r"0x[0-9a-f]{64}")
_SIZE = re.compile(r"[1-9][0-9]{0,6}")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def entry(name: str, content: bytes) -> dict[str, str]:
    """What a document says of a file; the type is told by the name's ending. ValueError where it cannot be taken."""
    ending = name.rpartition(".")[2]
    kind = next((kind for kind, endings in ENDINGS.items() if ending in endings), "")
    made = {"name": name, "type": kind, "size": str(len(content)), "hash": file_hash(content)}
    check_entry(made, name)
    check_content(made, content)
    return made


def file_hash(content: bytes) -> str:
    """keccak256 of the bytes, a bytes32 string."""
    return to_hex(keccak(content))


def check_entry(found: object, place: str) -> None:
    """Nothing where `found` is an entry in form; else a ValueError that begins with `place`."""
    if not isinstance(found, dict) or set(found) != set(ENTRY_FIELDS):
        raise ValueError(f"{place}: must be an object with exactly these fields: {', '.join(ENTRY_FIELDS)}")
    if not all(isinstance(value, str) for value in found.values()):
        raise ValueError(f"{place}: all fields must be strings")
    if found["type"] not in ENDINGS:
        raise ValueError(f"{place}.type: must be one of {', '.join(ENDINGS)}")
    endings = "|".join(ENDINGS[found["type"]])
    if not re.fullmatch(rf"{_STEM}\.({endings})", found["name"]):
        raise ValueError(f"{place}.name: must be letters, digits, _ or -, then .{endings.replace('|', ' or .')}")
    if not _SIZE.fullmatch(found["size"]) or int(found["size"]) > MAX_FILE_BYTES:
        raise ValueError(f"{place}.size: must be 1 to {MAX_FILE_BYTES} bytes, as a decimal string")
    if not _HASH.fullmatch(found["hash"]):
        raise ValueError(f"{place}.hash: must be 0x and 64 lower-case hex digits")


def check_content(said: Mapping[str, Any], content: bytes) -> None:
    """Whether these bytes are the file that an entry in form names; else a ValueError."""
    name, kind = said["name"], said["type"]
    if len(content) != int(said["size"]) or file_hash(content) != said["hash"]:
        raise ValueError(f"{name}: these are not the bytes that the document names")
    if (begin := _BEGINS.get(kind)) is not None:
        if not content.startswith(begin):
            raise ValueError(f"{name}: this is no {kind}")
        return
    try:
        text = content.decode()
    except UnicodeDecodeError:
        raise ValueError(f"{name}: text must be UTF-8") from None
    if _CONTROL.search(text):
        raise ValueError(f"{name}: text must have no control characters but tabs and line ends")
