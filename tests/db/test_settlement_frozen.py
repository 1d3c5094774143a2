"""What the database refuses of settlement's tables, whoever asks."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from oracle.models import Expiry
from settlement.models import ChainTransaction, FinalPrice, Publication, PublicationItem, Series
from settlement.services.finals import let_go, take
from settlement.services.publications import hold, move
from settlement.stages import PublicationStage, TransactionState, may_follow

WORD = "0x" + "1" * 64
MINED = {"tx_hash": WORD, "block_number": 5, "block_hash": WORD}


def stored(nonce: int = 0, **columns: Any) -> ChainTransaction:
    given = {
        "chain": WORD,
        "sender": "0x" + "2" * 40,
        "nonce": nonce,
        "purpose": "test",
        "to": "0x" + "3" * 40,
        "data": "0x02f0",
        "hash": f"0x{nonce:064x}",
        "created_at": 1,
    }
    return ChainTransaction.objects.create(**{**given, **columns})


def published(expiry: Expiry, **columns: Any) -> Publication:
    publication = Publication.objects.create(created_at=1, **columns)
    item = {"expiry": expiry, "attempt": 0, "price": 5, "transcript": WORD, "payouts": WORD}
    PublicationItem.objects.create(publication=publication, position=0, **item)
    return publication


def refused(statement: str, *arguments: Any) -> None:
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, arguments)


def test_transaction__same_nonce_again__refused_unless_on_another_chain(db: None) -> None:
    stored(7)
    with pytest.raises(IntegrityError), transaction.atomic():
        stored(7, hash="0x" + "f" * 64)
    stored(7, hash="0x" + "f" * 64, chain="0x" + "3" * 64)


@pytest.mark.parametrize("column", ["to", "data", "value", "nonce", "sender", "chain", "purpose", "created_at"])
def test_transaction__bytes_or_nonce_edited__refused(db: None, column: str) -> None:
    stored()
    value = "5" if column in ("nonce", "value", "created_at") else "0x02ff"
    refused(f"UPDATE settlement_chaintransaction SET \"{column}\" = %s", value)
    refused("DELETE FROM settlement_chaintransaction")
    refused("TRUNCATE settlement_chaintransaction CASCADE")


@pytest.mark.parametrize(
    "columns",
    [
        {"data": ""},
        {"data": "0x1"},
        {"to": "0x1"},
        {"value": -1},
        {"state": TransactionState.CANCELLED},
        {"state": "GONE"},
        {"state": TransactionState.MINED},
        {"block_number": 5},
        {"state": TransactionState.CONFIRMED, "block_number": 5, "block_hash": WORD},
    ],
)
def test_transaction__columns_that_contradict_each_other__refused(db: None, columns: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        stored(**columns)


def test_item__two_live_for_one_expiry__refused_until_the_first_failed(expiry: Expiry) -> None:
    publication = published(expiry)
    with pytest.raises(IntegrityError), transaction.atomic():
        published(expiry)
    held = hold(publication.pk, PublicationStage.PLANNED)
    assert held is not None
    move(held, PublicationStage.FAILED, reason="a test", now=1)
    assert published(expiry).pk != publication.pk


@pytest.mark.parametrize(
    "column, value", [("price", "6"), ("attempt", "1"), ("transcript", "x"), ("payouts", "x")]
)
def test_item__what_was_signed_is_edited__refused(expiry: Expiry, column: str, value: str) -> None:
    published(expiry)
    refused(f"UPDATE settlement_publicationitem SET {column} = %s", value)
    refused("DELETE FROM settlement_publicationitem")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE settlement_publicationitem SET live = false")
    refused("UPDATE settlement_publicationitem SET live = true")


@pytest.mark.parametrize("stage", [PublicationStage.FINAL, PublicationStage.FAILED])
def test_publication__ended__never_another_stage(expiry: Expiry, stage: PublicationStage) -> None:
    ended = (
        {"transaction": stored(), "final_at": 9, **MINED} if stage == PublicationStage.FINAL else {"reason": "a test"}
    )
    published(expiry, stage=stage, **ended)
    refused("UPDATE settlement_publication SET stage = 'PLANNED', final_at = NULL")
    refused("DELETE FROM settlement_publication")


@pytest.mark.parametrize(
    "columns",
    [
        {"stage": "GONE"},
        {"stage": "SENT"},
        {"stage": "MINED"},
        {"stage": "FAILED"},
        {"stage": "FINAL", "final_at": 1},
        {"final_at": 1},
        {"stage": "SIGNED", **MINED},
    ],
)
def test_publication__columns_that_contradict_each_other__refused(db: None, columns: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Publication.objects.create(created_at=1, **columns)


def test_move__every_pair_of_stages__only_those_of_the_table(expiry: Expiry) -> None:
    row = stored()
    for before in PublicationStage:
        for after in PublicationStage:
            publication = Publication(pk=10**9, created_at=1, stage=before, transaction=row, reason="a test")
            publication.save = lambda **_: None  # type: ignore[method-assign,assignment]
            if after in may_follow(before):
                move(publication, after, reason="a test", now=1)
                assert publication.stage == after
            else:
                with pytest.raises(ValueError, match="cannot go from"):
                    move(publication, after, now=1)


def test_series__address_or_strike_out_of_form__refused(expiry: Expiry) -> None:
    given = {
        "address": "0x" + "a" * 40,
        "strike": 1,
        "collateral": "0x" + "0" * 40,
        "decimals": 18,
        "p": "0x" + "b" * 40,
        "n": "0x" + "c" * 40,
        "created_block": 1,
        "created_block_hash": WORD,
    }
    for wrong in ({"address": "0x" + "A" * 40}, {"p": ""}, {"strike": 0}, {"strike": 2**120}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Series.objects.create(expiry=expiry, **{**given, **wrong})
    Series.objects.create(expiry=expiry, **given)
    with pytest.raises(IntegrityError), transaction.atomic():
        Series.objects.create(expiry=expiry, **{**given, "address": "0x" + "d" * 40})


def test_final_price__edited_or_forgotten__refused(expiry: Expiry) -> None:
    """One that went away would never be published."""
    FinalPrice.objects.create(seq=7, expiry=expiry)
    connection.check_constraints()  # those still owed would block TRUNCATE by themselves
    refused("UPDATE settlement_finalprice SET seq = 8")
    refused("UPDATE settlement_finalprice SET expiry_id = %s", WORD)
    refused("DELETE FROM settlement_finalprice")
    refused("TRUNCATE settlement_finalprice")


def test_failed__an_item_that_another_publication_has_by_now__keeps_it(expiry: Expiry) -> None:
    """Cancelled out of a batch, it was proposed again; then the rest of the batch fails."""
    FinalPrice.objects.create(seq=7, expiry=expiry)
    first = published(expiry)
    let_go(first.items.all())
    assert FinalPrice.objects.get().waiting
    published(expiry)
    take(FinalPrice.objects.all())
    move(first, PublicationStage.FAILED, reason="test", now=1)
    assert not FinalPrice.objects.get().waiting
    assert PublicationItem.objects.filter(live=True).count() == 1
