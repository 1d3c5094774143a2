"""`evidence`: hand in the document behind an act's hash, so that the service shows it once the act is public."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from protocol.entry import ZERO_WORD
from protocol.evidence import check, evidence_hash, says_nothing
from protocol.evidence_files import MAX_FILE_BYTES, check_content, file_hash
from reporter.sending import load
from reporter.service import Service
from reporter.stop import Stop


def hand_in(service: Service, path: Path, files: Sequence[Path] = ()) -> None:
    """Send a document and the files that it names, found by their hashes; Stop where one is missing or refused."""
    found = load(path)
    document = found.get("evidence", found) if "act" in found else found  # or the file that a page gives with a receipt
    try:
        check(document)
    except ValueError as error:
        raise Stop(f"{path} is no evidence: {error}") from None
    contents = {file_hash(content): content for content in map(read, files)}
    encoded = []
    for said in document.get("files", []):
        if said["hash"] not in contents:
            raise Stop(f"{path} names the file {said['name']}, {said['hash']}: give it too")
        try:
            check_content(said, contents[said["hash"]])
        except ValueError as error:
            raise Stop(str(error)) from None
        encoded.append(base64.b64encode(contents[said["hash"]]).decode())
    if service.send_evidence(document, encoded) != evidence_hash(document):
        raise Stop("the service answered with another hash than the document's")
    print(f"evidence {evidence_hash(document)} handed in; it is shown once its act is public")


def carried(document: Mapping[str, Any]) -> str:
    """What an act names as its evidence: the document's hash; nothing where there is nothing to hand in."""
    return ZERO_WORD if says_nothing(document) else evidence_hash(document)


def offer(service: Service, path: Path, files: Sequence[Path] = ()) -> bool:
    """Hand in what belongs to an act that was taken; whether it went well. The act stands whatever becomes of it."""
    try:
        hand_in(service, path, files)
    except Stop as stop:
        again = " ".join(map(str, (path, *files)))
        print(f"the evidence was not handed in: {stop}; later: python -m reporter evidence {again}")
        return False
    return True


def read(path: Path) -> bytes:
    """A file, or as much of it as shows that it is too large."""
    try:
        with path.open("rb") as file:
            return file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise Stop(f"{path}: {error.strerror}") from None
