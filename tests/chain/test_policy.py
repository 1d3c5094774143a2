"""The signer believes the book, not the row that it is asked to publish."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from dev import accounts
from oracle.models import Act
from settlement.chain.client import Call, Client
from settlement.models import ChainTransaction, Publication
from settlement.services import authorizing
from settlement.services.calls import call_for
from settlement.services.feeds import create_feed
from settlement.services.publications import items_of
from settlement.services.publishing import publish
from settlement.services.sending import Refused
from settlement.services.series import list_series
from settlement.signers.policy import DAY_SECONDS, Refusal
from settlement.signers.signer import read
from settlement.stages import PublicationStage
from tests.cast import ETHER, person
from tests.chain.conftest import World
from tests.chain.roots import attest, credited, post
from tests.chain.roots import propose as propose_root_of
from tests.chain.test_publishing import assert_published_once, stage_of


def as_superuser(sql: str, *values: Any) -> None:
    """Past every trigger."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(sql, values)
        assert cursor.rowcount == 1
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")


def alter_item(publication: Publication, price: int) -> None:
    as_superuser("UPDATE settlement_publicationitem SET price = %s WHERE publication_id = %s", price, publication.pk)


def alter_expiry(publication: Publication, price: int) -> None:
    expiry = items_of(publication)[0].expiry_id
    as_superuser("UPDATE oracle_expiry SET price = %s WHERE id = %s", price, expiry)


def alter_final(publication: Publication, price: int) -> None:
    expiry = items_of(publication)[0].expiry_id
    sql = "UPDATE oracle_act SET message = jsonb_set(message, '{price}', to_jsonb(%s::text)) WHERE kind = 'Final'"
    as_superuser(f"{sql} AND expiry_id = %s", str(price), expiry)


def alter_signature(publication: Publication, signature: str) -> None:
    first = publication.signatures.order_by("pk")[0].pk
    as_superuser("UPDATE settlement_attestorsignature SET signature = %s WHERE id = %s", signature, first)


@pytest.fixture
def asked_for_gas(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What a node was asked the price of: the policy comes first, so nothing."""
    found: list[object] = []
    price = Client.price

    def spy(self: Client, sender: str, call: Any) -> Any:
        found.append(call)
        return price(self, sender, call)

    monkeypatch.setattr(Client, "price", spy)
    return found


def test_publish__an_item_altered_to_another_price__refused_by_the_signer(
    world: World, asked_for_gas: list[object]
) -> None:
    publication, now = world.signed()
    true = items_of(publication)[0].price
    alter_item(publication, true + 1)
    publish(now=now)
    expiry = items_of(publication)[0].expiry_id
    assert stage_of(publication) == PublicationStage.SIGNED
    wanted = f"final_state: the price of {expiry} is {true} in the book, not {true + 1}"
    assert publication.reason == wanted
    assert not ChainTransaction.objects.exists()
    assert asked_for_gas == []
    alter_item(publication, true)
    assert_published_once(world, publication, now)


def test_publish__item_and_expiry_altered_alike__the_book_s_entry_is_believed(world: World) -> None:
    publication, now = world.signed()
    alter_item(publication, 99)
    alter_expiry(publication, 99)
    publish(now=now)
    expiry = items_of(publication)[0].expiry_id
    assert stage_of(publication) == PublicationStage.SIGNED
    assert publication.reason == f"final_state: {expiry} is not FINAL in the book"


def test_publish__the_book_s_entry_altered_as_well__the_service_has_not_signed_it(world: World) -> None:
    publication, now = world.signed()
    alter_item(publication, 99)
    alter_expiry(publication, 99)
    alter_final(publication, 99)
    assert Act.objects.get(kind="Final").message["price"] == "99"
    publish(now=now)
    assert publication.reason == "" and stage_of(publication) == PublicationStage.SIGNED
    assert publication.reason.startswith("final_state: ")
    assert not ChainTransaction.objects.exists()
    alter_final(publication, -1)
    publish(now=now)
    assert "is not FINAL in the book" in Publication.objects.get().reason, "an entry that nobody can read"


def test_publish__the_service_s_key_changed_while_it_was_open__price_is_refused(world: World, settings: Any) -> None:
    """What docs/operating/keys.md says of that key."""
    expiry = world.list_expiry()
    settings.SERVICE_KEY = accounts.key(20)
    now = world.decide((expiry, 2_500 * ETHER), now=world.pass_expiry(expiry))
    publication = world.propose(now)
    world.sign(publication, 0, 1, 2, now=now)
    publish(now=now)
    assert stage_of(publication) == PublicationStage.SIGNED
    assert publication.reason == f"final_state: {expiry.id} is not FINAL in the book"


@pytest.mark.parametrize("signature", ["0x" + "12" * 65, "nonsense"])
def test_publish__an_attestor_s_signature_altered__refused_by_the_signer(world: World, signature: str) -> None:
    publication, now = world.signed()
    alter_signature(publication, signature)
    publish(now=now)
    assert stage_of(publication) == PublicationStage.SIGNED
    assert publication.reason.startswith("signatures: one is by ")


def test_publish__beyond_the_daily_cap__waits_until_the_day_is_over(world: World, settings: Any) -> None:
    first, now = world.signed("one")
    publish(now=now)
    chain, sender = world.client.genesis, ChainTransaction.objects.get().sender
    spent = authorizing.spent_wei(chain, sender, since=0)
    assert spent > 0
    assert authorizing.spent_wei(chain, sender, since=now) == 0, "the day begins after its second"
    assert authorizing.spent_wei("0x00", sender, since=0) == 0
    settings.PUBLISHER_DAILY_CAP_WEI = spent + spent // 2
    second, later = world.signed("two")
    publish(now=later)
    assert stage_of(second) == PublicationStage.SIGNED
    assert second.reason.startswith("daily_cap: ")
    assert ChainTransaction.objects.count() == 1
    publish(now=now + DAY_SECONDS)
    assert stage_of(second) == PublicationStage.SENT
    assert stage_of(first) != PublicationStage.SIGNED


def test_publish__dearer_than_one_transaction_may_be__waits(world: World, settings: Any) -> None:
    publication, now = world.signed()
    settings.PUBLISHER_TRANSACTION_CAP_WEI = 1
    publish(now=now)
    assert publication.reason == "" and stage_of(publication) == PublicationStage.SIGNED
    assert publication.reason.startswith("transaction_cap: it may cost ")


def assert_rebuilds(world: World) -> None:
    """Every purpose gives the very call that was signed for it."""
    rows = ChainTransaction.objects.all()
    assert rows
    for row in rows:
        signed, sender = read(row.newest.raw)
        rebuilt = call_for(world.client, row.purpose)
        assert (rebuilt.purpose, rebuilt.call, sender) == (row.purpose, signed.call, row.sender)
        asked = authorizing.ask(world.client, rebuilt, stored=signed.call, under=row, now=row.created_at)
        assert not isinstance(asked, Refusal)


def test_call_for__a_publication_that_was_sent__is_what_was_signed(world: World) -> None:
    publication, now = world.signed("one", "two")
    publish(now=now)
    assert_rebuilds(world)


def test_call_for__a_later_signature__does_not_change_it(world: World) -> None:
    """It may come between the signing and the storing; the fee could not be raised any more."""
    publication, now = world.signed()
    before = call_for(world.client, f"publication:{publication.pk}")
    world.sign(publication, 3, 4, now=now)
    assert publication.signatures.count() == 5
    assert call_for(world.client, f"publication:{publication.pk}") == before


def test_call_for__series_and_feed__are_what_was_signed(world: World) -> None:
    expiry, now = world.list_expiry(), world.node.now()
    list_series(expiry=expiry, strikes=[2_000 * ETHER, 3_000 * ETHER], now=now)
    create_feed(expiry=expiry, now=now)
    assert {row.purpose.split(":")[0] for row in ChainTransaction.objects.all()} == {"series", "feed"}
    assert_rebuilds(world)


def test_list_series__beyond_the_cap__one_line_and_nothing_sent(world: World, settings: Any) -> None:
    expiry, now = world.list_expiry(), world.node.now()
    settings.PUBLISHER_DAILY_CAP_WEI = 1
    with pytest.raises(Refused, match="the signer refuses it: daily_cap: "):
        list_series(expiry=expiry, strikes=[2_000 * ETHER], now=now)
    assert not ChainTransaction.objects.exists()


def test_authorizing__another_call_than_the_stored_one__refused(world: World) -> None:
    publication, now = world.signed()
    publish(now=now)
    row = ChainTransaction.objects.get()
    rebuilt, other = call_for(world.client, row.purpose), Call(world.oracle.address, "0x12")
    refused = authorizing.ask(world.client, rebuilt, stored=other, under=row, now=row.created_at)
    assert isinstance(refused, Refusal) and refused.rule == "same_payload"
    stored, row.chain = read(row.newest.raw)[0].call, "0x00"
    refused = authorizing.ask(world.client, rebuilt, stored=stored, under=row, now=now)
    assert isinstance(refused, Refusal) and refused.rule == "genesis"


def test_post_roots__a_root_that_was_altered__refused_by_the_signer__as_it_was__posted(
    world: World, tmp_path: Path
) -> None:
    credited(world, (person("alice"), 5 * ETHER))
    root = propose_root_of(world)
    attest(world, tmp_path, 0, 1, 2)
    true = root.root
    as_superuser("UPDATE settlement_root SET root = %s WHERE id = %s", "0x" + "12" * 32, root.pk)
    post(world)
    root.refresh_from_db()
    assert root.stage == "SIGNED" and root.reason.startswith("signatures: one is by ")
    assert not ChainTransaction.objects.exists()
    as_superuser("UPDATE settlement_root SET root = %s WHERE id = %s", true, root.pk)
    post(world)
    assert ChainTransaction.objects.get().purpose == f"root:{root.pk}"
    assert_rebuilds(world)
