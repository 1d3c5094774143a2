"""manage.py reconcile: a price on chain that the book does not have is found."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from settlement.chain import quorum
from settlement.reconcile import differences
from settlement.services.publications import items_of
from settlement.services.publishing import publish
from tests.cast import ETHER
from tests.chain.conftest import World
from tests.chain.test_guardians import submit_directly
from tests.chain.test_publishing import assert_published_once


def said(world: World) -> list[str]:
    return [each.text for each in differences(quorum.oracle())]


def test_reconcile__published_as_decided__nothing_to_say(world: World) -> None:
    world.list_expiry("later", ahead=9_000)
    publication, now = world.signed("one", "two")
    assert said(world) == []
    assert_published_once(world, publication, now)
    assert said(world) == []
    out = StringIO()
    call_command("reconcile", stdout=out)
    assert "no price that the book does not have" in out.getvalue()


def test_reconcile__a_price_that_the_book_does_not_have__named(world: World) -> None:
    publication, _ = world.proposed()
    waiting = world.list_expiry("waiting", ahead=9_000)
    decided = items_of(publication)[0].expiry
    submit_directly(world, decided.id, 99 * ETHER)
    submit_directly(world, waiting.id, 98 * ETHER)
    assert said(world) == [
        f"one: the oracle has {99 * ETHER}, the book {decided.price}",
        f"waiting: the oracle has {98 * ETHER}, the book no price yet",
    ]
    out = StringIO()
    with pytest.raises(CommandError, match="2 differ"):
        call_command("reconcile", stdout=out)
    assert len(out.getvalue().splitlines()) == 2


def test_reconcile__a_deep_reorg_took_a_final_price__named(world: World) -> None:
    publication, now = world.signed()
    height = world.node.height()
    assert_published_once(world, publication, now)
    world.node.reorg(world.node.height() - height)
    assert said(world) == ["one: published as final, but the oracle has no final price"]
    assert publish(now=now) == 0
