"""Proposals in the admin: two people, each with an own account, or nothing (RELIABILITY 4, C-40)."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission, User
from django.db import IntegrityError, connection, transaction
from django.test import Client

from desk.forms import FORMS
from desk.kinds import KINDS
from desk.templatetags.desk import in_units
from operators.kinds import NotPossible
from operators.models import Proposal
from operators.services import proposals
from operators.services.proposals import end, people_behind
from oracle.models import Index
from settlement.models import Attempt, ChainTransaction
from settlement.services.cancelling import CANCEL_TRANSACTION
from settlement.stages import TransactionState
from tests.staff import logged_in

NOW = 1_000_000
WORD = "0x" + "1" * 64


@pytest.fixture
def row(db: None) -> ChainTransaction:
    made = ChainTransaction.objects.create(
        chain=WORD, sender="0x" + "2" * 40, nonce=7, purpose="test", to="0x" + "3" * 40, data="0x", hash=WORD,
        created_at=1,
    )  # fmt: skip
    Attempt.objects.create(
        transaction=made, number=1, raw="0x02f0", hash=WORD, gas=1, max_fee=1, tip=1, signed_at=1
    )
    return made


@pytest.fixture(autouse=True)
def at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("oracle.clock.now", lambda: NOW)


def operator(name: str, *permissions: str) -> User:
    made = User.objects.create_user(name, is_staff=True)
    wanted = ("view_chaintransaction", "view_proposal", *permissions)
    made.user_permissions.set(Permission.objects.filter(codename__in=wanted))
    return made


def propose(client: Client, row: ChainTransaction, reason: str = "it will never be mined") -> int:
    details = {"transaction": str(row.pk)}
    asked = {
        "step": "propose",
        "seen": CANCEL_TRANSACTION.plan(details, NOW).hash,
        "reason": reason,
        **details,
    }
    return client.post("/admin/operators/proposal/add/cancel_transaction/", asked).status_code


def approve(client: Client, proposal: Proposal) -> int:
    address = f"/admin/operators/proposal/{proposal.pk}/approve/"
    return client.post(address, {"seen": seen(proposal)}).status_code


def two_gets(user: User, proposal: Proposal) -> set[int]:
    """Whoever is made to follow a link decides nothing by it."""
    client = logged_in(user)
    return {
        client.get(f"/admin/operators/proposal/{proposal.pk}/{word}/").status_code
        for word in ("approve", "reject")
    }


def seen(proposal: Proposal) -> str:
    """The hash of the dry run that a page shows."""
    return CANCEL_TRANSACTION.plan(proposal.details, NOW).hash


def proposed(row: ChainTransaction, by: User, now: int = NOW) -> Proposal:
    details = {"transaction": str(row.pk)}
    return proposals.propose(kind=CANCEL_TRANSACTION, details=details, reason="why", by=by, now=now)


def approved(proposal: Proposal, by: User, now: int = NOW) -> Proposal:
    return proposals.approve(
        kind=CANCEL_TRANSACTION, proposal_id=proposal.pk, seen=seen(proposal), by=by, now=now
    )


def test_form__refused__says_above_which_fields(db: None) -> None:
    one = logged_in(operator("one", "add_proposal"))
    answer = one.post("/admin/operators/proposal/add/fund_reward/", {"step": "check", "expiry": "x", "amount": "a lot"})
    told = '<a href="#id_amount">Amount, in ETH</a>'
    assert f'role="alert">Not yet. Look again at: {told}' in answer.content.decode()


def test_plan__terms__are_shown_in_units_beside_what_is_frozen() -> None:
    assert in_units("50000000000000000", "terms.min_report_bond") == "50000000000000000 (0.05 ETH)"
    assert in_units("2000", "terms.tolerance_ppm") == "2000 (0.2 %)"
    assert in_units("3600", "terms.report_window") == "3600 (1 h)"
    for value, what in (("3", "terms.min_reports"), ("nothing", "terms.service"), ("2000", "tolerance_ppm")):
        assert in_units(value, what) == value


def test_page__is_headed_by_what_it_is_about(row: ChainTransaction) -> None:
    proposal = proposed(row, operator("one", "add_proposal"))
    page = logged_in(operator("two")).get(f"/admin/operators/proposal/{proposal.pk}/change/").content.decode()
    assert f"Cancel a stuck transaction: {row.pk}</" in page


def test_two_operators__propose_and_approve__in_two_clicks(row: ChainTransaction) -> None:
    one, two = logged_in(operator("one", "add_proposal")), logged_in(operator("two", "change_proposal"))
    page = f"/admin/settlement/chaintransaction/{row.pk}/change/"
    form = f"/admin/operators/proposal/add/cancel_transaction/?transaction={row.pk}"
    assert form in one.get(page).content.decode()
    assert f'value="{row.pk}"' in one.get(form).content.decode()
    assert b"Propose to cancel it" not in two.get(page).content
    assert propose(one, row) == 302
    proposal = Proposal.objects.get()
    assert (proposal.subject, proposal.reason, proposal.proposed_by.username) == (
        str(row.pk), "it will never be mined", "one",
    )  # fmt: skip
    page = f"/admin/operators/proposal/{proposal.pk}/change/"
    assert b"Approve it" in two.get(page).content
    assert b"Approve it" not in one.get(page).content
    assert approve(two, proposal) == 302
    proposal.refresh_from_db()
    assert (proposal.approved_at, proposal.ended_at) == (NOW, None)
    assert people_behind(proposal) == ("one", "two")
    assert b"Approve it" not in two.get(page).content


def test_one_superuser__alone__cannot(row: ChainTransaction) -> None:
    """Not by approving, not by SQL's own rules, not by another account made in the admin."""
    root = User.objects.create_superuser("root")
    client = logged_in(root)
    propose(client, row)
    proposal = Proposal.objects.get()
    approve(client, proposal)
    proposal.refresh_from_db()
    assert proposal.approved_by is None
    with pytest.raises(NotPossible, match="somebody else"):
        approved(proposal, root)
    with pytest.raises(IntegrityError), transaction.atomic():
        Proposal.objects.update(approved_by=root, approved_at=NOW)
    for address in ("auth/user/add/", "auth/group/add/", f"auth/user/{root.pk}/password/", "auth/user/"):
        assert client.get(f"/admin/{address}").status_code == 404
        assert client.post(f"/admin/{address}", {"username": "puppet"}).status_code == 404
    assert User.objects.count() == 1


def test_strangers_and_others__without_the_right_or_the_token__change_nothing(row: ChainTransaction) -> None:
    two = operator("two", "change_proposal")
    assert propose(Client(), row) == 302, "to the login"
    assert propose(logged_in(User.objects.create_user("nobody")), row) == 302
    assert propose(logged_in(operator("looks")), row) == 403
    assert propose(logged_in(two), row) == 403
    assert propose(logged_in(User.objects.create_superuser("root"), checks=True), row) == 403, "no CSRF token"
    one = logged_in(operator("one", "add_proposal"))
    assert not Proposal.objects.exists()
    propose(one, row)
    proposal = Proposal.objects.get()
    assert approve(Client(), proposal) == 302
    assert approve(logged_in(operator("three", "add_proposal")), proposal) == 403
    assert approve(logged_in(two, checks=True), proposal) == 403
    assert two_gets(two, proposal) == {405}
    proposal.refresh_from_db()
    assert proposal.approved_by is None


def test_propose__without_a_reason_twice_or_for_nothing__refused(row: ChainTransaction) -> None:
    one = operator("one", "add_proposal")
    client = logged_in(one)
    propose(client, row, " ")
    assert not Proposal.objects.exists()
    propose(client, row)
    propose(client, row)
    assert Proposal.objects.count() == 1
    for subject in ("0", "-1", "x", ""):
        with pytest.raises(NotPossible, match="there is no transaction"):
            proposals.propose(
                kind=CANCEL_TRANSACTION, details={"transaction": subject}, reason="why", by=one, now=NOW
            )
    ChainTransaction.objects.update(
        state=TransactionState.MINED, block_number=1, block_hash=WORD, succeeded=True
    )
    with pytest.raises(NotPossible, match="it is MINED"):
        approved(Proposal.objects.get(), operator("two"))


def test_proposal__a_day_later__is_over_and_can_be_made_again(row: ChainTransaction) -> None:
    one, two = operator("one"), operator("two")
    first = proposed(row, one)
    later = NOW + proposals.LIFE_SECONDS
    with pytest.raises(NotPossible, match="over"):
        approved(first, two, later)
    again = proposed(row, one, later)
    first.refresh_from_db()
    assert (first.ended_at, first.outcome) == (later, "expired: nobody approved it")
    assert approved(again, two, later).approved_by_id == two.pk


@pytest.mark.parametrize(
    "change",
    [
        "kind = 'x'", "subject = 'x'", "reason = 'x'", "proposed_at = 1", "expires_at = 9999999999",
        "proposed_by_id = approved_by_id", "approved_by_id = NULL, approved_at = NULL", "approved_at = 5",
        "outcome = 'x'", "ended_at = NULL, outcome = ''", "details = '{}'", "plan = '[]'",
        "approved_plan = 'x'", "begun_at = 5",
    ],
)  # fmt: skip
def test_proposal__what_was_said_is_edited__refused(row: ChainTransaction, change: str) -> None:
    proposal = proposed(row, operator("one"))
    approved(proposal, operator("two"))
    end(proposal, "done", now=NOW)
    for statement in (f"UPDATE operators_proposal SET {change}", "DELETE FROM operators_proposal"):  # noqa: S608
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_people_behind__one_has_left__are_too_few(row: ChainTransaction) -> None:
    two = operator("two")
    proposal = proposed(row, operator("one"))
    assert people_behind(proposal) == (), "not approved"
    proposal = approved(proposal, two)
    User.objects.filter(pk=two.pk).update(is_staff=False)
    assert people_behind(proposal) == ("one",)


@pytest.mark.parametrize(
    "column", ["raw", "hash", "gas", "max_fee", "tip", "number", "signed_at", "transaction_id"]
)
def test_attempt__edited_or_deleted__refused(row: ChainTransaction, column: str) -> None:
    connection.check_constraints()  # those still owed would block TRUNCATE by themselves
    value = "'0x02ff'" if column in ("raw", "hash") else "9"
    for statement in (
        f"UPDATE settlement_attempt SET {column} = {value}",  # noqa: S608
        "DELETE FROM settlement_attempt",
        "TRUNCATE settlement_attempt CASCADE",
    ):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_new_proposal__all_kinds__each_has_a_form(row: ChainTransaction) -> None:
    client = logged_in(operator("one", "add_proposal"))
    page = client.get("/admin/operators/proposal/add/").content.decode()
    for kind in KINDS.values():
        assert kind.title in page
        assert client.get(f"/admin/operators/proposal/add/{kind.name}/").status_code == 200
    assert set(KINDS) <= set(FORMS)
    assert client.get("/admin/operators/proposal/add/nonsense/").status_code == 404
    assert (
        logged_in(operator("two", "change_proposal")).get("/admin/operators/proposal/add/").status_code == 403
    )


def test_propose__dry_run__shows_the_difference_and_writes_nothing(row: ChainTransaction) -> None:
    client = logged_in(operator("one", "add_proposal"))
    address = "/admin/operators/proposal/add/cancel_transaction/"
    page = client.post(address, {"step": "check", "transaction": str(row.pk)}).content.decode()
    assert "An empty transfer under nonce 7" in page
    assert (
        '<th scope="row">nonce 7</th><td class="desk-before">test</td><td class="desk-after">nothing</td>'
        in page
    )
    assert not Proposal.objects.exists()
    wrong = client.post(address, {"step": "check", "transaction": "99"}).content.decode()
    assert "Not possible: there is no transaction 99." in wrong
    moved = client.post(address, {"step": "propose", "transaction": str(row.pk), "seen": "0x", "reason": "r"})
    assert "look again" in moved.content.decode()
    assert not Proposal.objects.exists()


def test_proposal__rejected_or_withdrawn__is_over_and_says_why(row: ChainTransaction) -> None:
    one, two = operator("one", "add_proposal"), operator("two", "change_proposal")
    others = [operator("three", "add_proposal"), operator("looks")]
    for who, outcome in ((two, "rejected by two: no"), (one, "rejected by one: no")):
        proposal = proposed(row, one)
        address = f"/admin/operators/proposal/{proposal.pk}/reject/"
        for other in others:
            assert logged_in(other).post(address, {"reason": "no"}).status_code == 403
        client = logged_in(who)
        client.post(address, {"reason": " "})
        assert Proposal.objects.get(pk=proposal.pk).ended_at is None, "it takes a reason"
        client.post(address, {"reason": "no"})
        assert Proposal.objects.get(pk=proposal.pk).outcome == outcome
        page = client.get(f"/admin/operators/proposal/{proposal.pk}/change/").content.decode()
        assert f"It is over: {outcome}." in page
        assert "Reject it" not in page


def test_proposal__something_else_by_now__says_so_before_anybody_approves(row: ChainTransaction) -> None:
    proposal = proposed(row, operator("one"))
    client = logged_in(operator("two", "change_proposal"))
    page = f"/admin/operators/proposal/{proposal.pk}/change/"
    assert "This is not what was proposed" not in client.get(page).content.decode()
    ChainTransaction.objects.filter(pk=row.pk).update(
        state=TransactionState.MINED, block_number=1, block_hash=WORD, succeeded=True
    )
    told = client.get(page).content.decode()
    assert "It could not be done now: it is MINED" in told
    assert "Approve it" not in told


@pytest.mark.parametrize(
    "name, given, details",
    [
        (
            "list_expiry",
            {
                "slug": "x",
                "index": "eth-usd",
                "expiry_at": "2026-12-25T08:00Z",
                "min_report_bond": "0.5",
                "fee_ppm": "12.5 %",
                "report_window": "3600",
                "value_rates": '{"0x1": "5"}',
                "guardians": f"{WORD[:42]}, 0x{'A' * 40}",
            },
            {
                "slug": "x",
                "index": "0xindex2",
                "expiry_at": 1_798_185_600,
                "guardians": [WORD[:42], "0x" + "a" * 40],
                "terms": {
                    "report_window": "3600",
                    "min_report_bond": "500000000000000000",
                    "fee_ppm": "125000",
                    "value_rates": {"0x1": "5"},
                },
            },
        ),
        ("list_grid", {"expiry": "x", "strikes": "1:3:1, 5"}, {"expiry": "x", "strikes": ["1:3:1", "5"]}),
        ("fund_reward", {"expiry": "x", "amount": "1.5"}, {"expiry": "x", "amount": 15 * 10**17}),
        ("list_index", {"slug": "x", "spec": '{"tick": "1"}'}, {"slug": "x", "spec": {"tick": "1"}}),
        ("pause_intake", {}, {}),
        (
            "change_attestors",
            {"attestors": WORD[:42], "threshold": "1"},
            {"attestors": [WORD[:42]], "threshold": 1},
        ),
    ],
)
def test_form__what_people_type__becomes_details(
    db: None, name: str, given: dict[str, str], details: dict[str, object]
) -> None:
    for version in (1, 2):
        Index.objects.create(id=f"0xindex{version}", slug="eth-usd", version=version, spec={})
    form = FORMS[name](given)
    assert form.is_valid(), form.errors
    assert form.details() == details


@pytest.mark.parametrize(
    "name, given, field, words",
    [
        ("list_expiry", {"expiry_at": "2026-12-25 08:00"}, "expiry_at", "names no time zone"),
        ("list_expiry", {"report_window": "a day"}, "report_window", "Write a whole number"),
        ("list_expiry", {"fee_ppm": "0.00001"}, "fee_ppm", "more than 4 decimals"),
        ("list_expiry", {"guardians": "0x1"}, "guardians", "is no address"),
        ("list_index", {"spec": "/etc/passwd"}, "spec", "not JSON"),
        ("list_index", {"spec": "[]"}, "spec", "must be an object"),
        ("list_grid", {"strikes": "2000:2250:100"}, "strikes", "do not land on"),
        ("fund_reward", {"amount": "a lot"}, "amount", "Write a number"),
    ],
)
def test_form__what_nobody_can_mean__is_refused_in_words(
    db: None, name: str, given: dict[str, str], field: str, words: str
) -> None:
    form = FORMS[name](given)
    assert not form.is_valid()
    assert words in " ".join(form.errors[field])
