"""Roots in the database: what is built, what is kept, what can never change, and what API and page show of it."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from protocol.escrow import Leaf, Statement
from protocol.merkle import EMPTY_ROOT
from settlement import reserves
from settlement.models import EscrowIndex, Root, RootSignature
from settlement.root_stages import TRANSITIONS, RootStage, may_follow
from settlement.services import roots
from tests.cast import ETHER, person
from tests.db.conftest import NOW

pytestmark = pytest.mark.django_db

ALICE, BOB = person("alice"), person("bob")
WAY = (RootStage.SIGNED, RootStage.SENT, RootStage.POSTED)


@pytest.fixture
def root() -> Root:
    """Alice has 5 ETH and has asked for one, Bob has staked his 3."""
    ALICE.deposit(5 * ETHER, NOW)
    BOB.deposit(3 * ETHER, NOW)
    assert ALICE.send("Withdrawal", {"amount": ETHER, "nonce": 1}, NOW).refusal is None
    assert BOB.stake(3 * ETHER, NOW).refusal is None
    return proposed(1)


def proposed(epoch: int) -> Root:
    built = roots.build(epoch=epoch, block=7)
    assert built is not None
    return roots.store(built, now=NOW)


def finished(root: Root) -> Root:
    for stage in WAY:
        roots.move(root, stage, now=NOW)
    roots.move(root, RootStage.FINAL, final_at=NOW + 9, now=NOW + 9)
    return root


def test_build__deposits_stakes_and_withdrawals__are_the_leaves(root: Root) -> None:
    statement = roots.statement_of(root)
    assert statement.leaves == {
        who.address: Leaf(who.address, asked, own, own)
        for who, asked, own in ((ALICE, ETHER, 5 * ETHER), (BOB, 0, 3 * ETHER))
    }
    assert (root.seq, root.debt, root.accounts) == (4, 8 * ETHER, 2)
    assert statement.message == {"epoch": 1, "root": root.root, "block": 7}


def test_build__nothing_was_ever_deposited__a_root_over_nobody_keeps_the_exit_shut() -> None:
    root = proposed(1)
    assert (root.root, root.seq, root.accounts, root.debt) == (EMPTY_ROOT, 0, 0, 0)
    assert roots.statement_of(root).leaves == {}


@pytest.mark.parametrize(
    "column", ["epoch = 2", "root = '0x'", "block = 8", "seq = 9", "debt = 1", "document = '\\x00'"]
)
def test_root__what_was_proposed__never_changes(root: Root, column: str) -> None:
    with pytest.raises(DatabaseError, match="is refused"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE settlement_root SET {column}")  # noqa: S608


def test_root__final_or_failed__stays_so(root: Root) -> None:
    finished(root)
    with pytest.raises(DatabaseError, match="is refused"), transaction.atomic():
        Root.objects.update(stage=RootStage.PLANNED, final_at=None)
    with pytest.raises(DatabaseError, match="is refused"), transaction.atomic():
        Root.objects.all().delete()


def test_signature__once_given__stays(root: Root) -> None:
    RootSignature.objects.create(root=root, attestor=ALICE.address, signature="0x", at=NOW)
    with pytest.raises(DatabaseError, match="is refused"), transaction.atomic():
        RootSignature.objects.update(signature="0x00")
    with pytest.raises(IntegrityError), transaction.atomic():
        RootSignature.objects.create(root=root, attestor=ALICE.address, signature="0x01", at=NOW)


def test_epoch__that_has_a_root__takes_no_second(root: Root) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        proposed(1)
    roots.move(root, RootStage.FAILED, reason="nobody signs it", now=NOW)
    assert proposed(1).pk != root.pk


@pytest.mark.parametrize("stage", [RootStage.SENT, RootStage.POSTED, RootStage.FINAL])
def test_move__not_in_the_table__is_refused(root: Root, stage: RootStage) -> None:
    with pytest.raises(ValueError, match="cannot go from PLANNED"):
        roots.move(root, stage, now=NOW)


def test_table__ends__nothing_follows_them() -> None:
    assert {stage for stage in RootStage if not may_follow(stage)} == {RootStage.FINAL, RootStage.FAILED}
    assert {edge.source for edge in TRANSITIONS} | {edge.target for edge in TRANSITIONS} == set(RootStage)


def test_files__of_old_roots__are_dropped_and_the_last_are_kept(root: Root) -> None:
    finished(root)
    for epoch in range(2, roots.KEPT + 3):
        finished(proposed(epoch))
    kept = [epoch for epoch in range(1, roots.KEPT + 3) if reserves.kept_root(epoch)]
    assert kept == [3, 4, 5]
    with pytest.raises(ValueError, match="not kept"):
        roots.statement_of(Root.objects.get(epoch=1))


def test_root__read_to_be_moved__leaves_its_file_where_it_is(root: Root) -> None:
    found = Root.objects.get(pk=root.pk)
    assert "document" in found.get_deferred_fields()
    roots.move(found, RootStage.SIGNED, now=NOW)
    assert "document" in found.get_deferred_fields(), "moving it has not fetched it"
    assert roots.statement_of(found).root == root.root


def test_api__leaf_and_file__prove_themselves(root: Root, client: Client) -> None:
    assert client.get(f"/api/v1/accounts/{ALICE.address}/leaf").status_code == 404, "not final yet"
    assert client.get(f"/api/v1/accounts/{ALICE.address}/leaf?epoch=1").status_code == 200
    finished(root)
    found = client.get(f"/api/v1/accounts/{ALICE.address}/leaf").json()
    amounts = [int(found[name]) for name in ("withdrawable", "entitled", "deposited")]
    assert amounts == [ETHER, 5 * ETHER, 5 * ETHER]
    assert Leaf(ALICE.address, *amounts).proves(found["root"], found["proof"])
    file = client.get("/api/v1/roots/1/leaves").json()
    assert Statement.from_json(file).root == root.root == found["root"]
    for path in ("roots/2/leaves", f"accounts/{person('carol').address}/leaf"):
        assert client.get(f"/api/v1/{path}").status_code == 404
    assert client.get("/api/v1/accounts/0x1/leaf").status_code == 400


def test_api__roots__show_what_attestors_sign(root: Root, client: Client) -> None:
    (row,) = client.get("/api/v1/roots?stage=PLANNED").json()["results"]
    assert [row[name] for name in ("epoch", "root", "block", "seq")] == ["1", root.root, "7", "4"]
    assert client.get("/api/v1/roots?stage=FINAL").json()["results"] == []
    assert client.get("/api/v1/roots?stage=SOME").status_code == 400


def test_api__signature_that_is_none_or_of_nothing__is_refused(root: Root, client: Client) -> None:
    def post(number: int, body: Any) -> int:
        path = f"/api/v1/roots/{number}/signatures"
        return client.post(path, body, content_type="application/json").status_code

    assert post(root.pk, {"signature": "0x00"}) == 403
    assert post(root.pk + 1, {"signature": "0x00"}) == 404
    assert post(root.pk, {"refusal": "no", "attestor": "me"}) == 400
    assert not RootSignature.objects.exists()


def test_reserves__operators_deposits__are_not_the_escrow_s(root: Root, client: Client) -> None:
    found = client.get("/api/v1/reserves").json()
    assert [found[name] for name in ("balance", "owed", "difference")] == ["0", "0", "0"]
    assert (found["root"], found["problem"], found["escrow"]) == (None, None, settings.ESCROW_ADDRESS)


def test_page__with_and_without_a_leaf__shows_it(root: Root, client: Client) -> None:
    page = reverse("reserves")
    assert "No root is final yet" in client.get(page).content.decode()
    finished(root)
    shown = client.get(page, {"account": ALICE.address.upper().replace("0X", "0x")}).content.decode()
    assert roots.statement_of(root).proof(ALICE.address)[0] in shown
    assert root.root in shown
    assert "has no leaf" in client.get(page, {"account": person("carol").address}).content.decode()
    wrong = client.get(page, {"account": "<script>"}).content.decode()
    assert "An account is 0x and 40 digits" in wrong and "<script>" not in wrong
    EscrowIndex.objects.create(id=1, problem="a wei is missing")
    assert "a wei is missing" in client.get(page).content.decode()
