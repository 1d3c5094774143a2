"""Evidence in the database: what is kept, what is forgotten, and what not even SQL by hand may change (C-41)."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from assize import grants
from evidence import services
from evidence.models import Document, File
from oracle.models import Act, Expiry
from protocol.evidence import document
from protocol.evidence_files import entry
from tests.cast import ETHER, person
from tests.db.conftest import NOW

OPEN, PRICE = NOW + 86_400, 2500 * ETHER
LATER = OPEN + 1 + services.WAIT_SECONDS


def kept(expiry: Expiry, words: str = "seen") -> str:
    made = document(expiry=expiry.id, price=PRICE, words=words, files=[entry("a.txt", b"hello")])
    return services.keep(document=made, files=["aGVsbG8="], now=OPEN + 1)


def report(expiry: Expiry, evidence: str, name: str = "alice") -> None:
    fields = {"expiry": expiry.id, "price": PRICE, "bond": ETHER, "evidence": evidence, "salt": "0x" + "01" * 32}
    assert person(name).send("Report", fields, OPEN + 1).refusal is None


def test_forget__document_that_no_act_carries__goes_after_an_hour_with_its_files(reporting: Expiry) -> None:
    hash_ = kept(reporting)
    assert services.forget(now=LATER - 1) == 0
    services.keep(document=document(expiry=reporting.id, price=1), files=[], now=LATER)
    assert services.forget(now=LATER) == 1
    assert not Document.objects.filter(hash=hash_).exists()
    assert (Document.objects.count(), File.objects.count()) == (1, 0)


def test_forget__document_of_an_act__stays(reporting: Expiry) -> None:
    hash_ = kept(reporting)
    report(reporting, hash_)
    assert services.forget(now=LATER) == 0
    assert Document.objects.get().waits is False
    assert services.forget(now=LATER + 10**6) == 0
    assert (Document.objects.get().hash, File.objects.count()) == (hash_, 1)


def test_keep__the_same_again__answers_the_same_and_waits_anew(reporting: Expiry) -> None:
    hash_ = kept(reporting)
    made = document(expiry=reporting.id, price=PRICE, words="seen", files=[entry("a.txt", b"hello")])
    assert services.keep(document=made, files=["aGVsbG8="], now=OPEN + 100) == hash_
    assert Document.objects.get().kept_at == OPEN + 100
    assert File.objects.count() == 1


@pytest.mark.parametrize("statement", [
    "DELETE FROM evidence_file", "DELETE FROM evidence_document", "UPDATE evidence_document SET canonical = '{}'",
    "UPDATE evidence_document SET waits = true", "UPDATE evidence_file SET content = 'x'", "TRUNCATE evidence_file",
    "TRUNCATE evidence_document CASCADE",
])  # fmt: skip
def test_evidence_of_an_act__sql_by_hand__refused(reporting: Expiry, statement: str) -> None:
    report(reporting, kept(reporting))
    services.forget(now=LATER)
    with pytest.raises(IntegrityError, match="evidence of an act is kept"), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(statement)


def test_column__of_any_act__is_the_hash_that_its_message_has(reporting: Expiry) -> None:
    hash_ = kept(reporting)
    report(reporting, hash_)
    assert person("bob").report(reporting.id, PRICE, ETHER, OPEN + 1).refusal is None
    assert person("vera").stake(ETHER, OPEN + 1).refusal is None
    carried = {act.kind: act.evidence for act in Act.objects.exclude(account=person("bob").address)}
    assert carried["Report"] == hash_
    assert carried["Stake"] is None and carried["Opened"] is None
    assert Act.objects.get(kind="Report", account=person("bob").address).evidence is None


def test_app_role__files__can_never_be_edited(db: None) -> None:
    assert grants.rights("evidence_file") == "SELECT, INSERT, DELETE"


def test_app_role__keeps_forgets_and_finds__all_that_the_product_does(reporting: Expiry, app_role: str) -> None:
    hash_ = kept(reporting)
    orphan = services.keep(document=document(expiry=reporting.id, price=1), files=[], now=OPEN + 1)
    report(reporting, hash_)
    assert services.forget(now=LATER) == 1
    assert [row.hash for row in Document.objects.all()] == [hash_] != [orphan]
    for statement in ("UPDATE evidence_file SET n = 1", "TRUNCATE evidence_file", "DELETE FROM evidence_file"):
        with pytest.raises((IntegrityError, ProgrammingError)), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
