"""The queue of work: what needs somebody stands in it, what does not is one quiet line, at a fixed price."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import transaction
from django.test import Client

from alerts.models import Hook
from bench import pages
from bench.fill import Size, fill
from desk.queue import Section, Urgency, queue
from desk.queue.rows import Act
from disputes.models import RulingSignature
from operators.models import Proposal
from operators.roles import Role
from operators.services import proposals
from operators.services.accounts import give
from oracle import clock
from oracle.models import BookHead, Expiry
from oracle.services.pausing import pause
from oracle.services.proposed.intake import RESUME_INTAKE
from protocol.stages import Stage
from settlement.alarms import AlarmKind, raise_alarm
from settlement.models import Attempt, ChainState, ChainTransaction, Publication, Root
from tests.db.conftest import NOW
from tests.staff import logged_in
from tests.web.conftest import OPEN, queries
from tests.web.story import to_ballot, to_challenge

MOST_QUERIES = 12


@pytest.fixture
def root(db: None) -> User:
    return User.objects.create_superuser("root")


def sections(person: Any, now: int) -> dict[str, Section]:
    return {section.title: section for section in queue(person, now=now)}


def the(person: Any, title: str, now: int = OPEN + 5) -> tuple[str, str, Urgency]:
    """The one row of a section: what, why and how urgent."""
    section = sections(person, now)[title]
    (row,) = section.rows
    assert section.total == 1
    return row.what, row.why, row.urgency


def stuck(*, attempt: Mapping[str, Any] | None = None, **given: Any) -> ChainTransaction:
    number = ChainTransaction.objects.count() + 1
    word = f"0x{number:064x}"
    fields = {
        "chain": "0x" + "1" * 64, "sender": "0x" + "2" * 40, "nonce": number, "purpose": f"publication:{number}",
        "to": "0x" + "3" * 40, "data": "0x", "hash": word, "created_at": NOW,
    }  # fmt: skip
    row = ChainTransaction.objects.create(**{**fields, **given})
    first = {"gas": 1, "max_fee": 1, "tip": 1, "signed_at": 1, **(attempt or {})}
    Attempt.objects.create(transaction=row, number=1, raw="0x02f0", hash=word, **first)
    return row


def test_queue__nothing_is_there__says_so_in_quiet_lines_and_one_about_the_chain(root: User) -> None:
    found = sections(root, NOW)
    assert [title for title, section in found.items() if section.rows] == ["Providers disagreeing"]
    assert found["Publications stuck"].quiet == "no publication is stuck"
    ChainState.objects.create(id=1, looked_at=NOW, good_at=NOW, nodes=3, agreeing=3)
    assert not any(section.rows for section in sections(root, NOW).values())


def test_queue__an_expiry_through_its_life__stands_where_it_belongs(
    voters: None, expiry: Expiry, root: User
) -> None:
    soon = "Expiries in the next 24 hours"
    assert not sections(root, expiry.expiry_at - 86_401)[soon].rows
    assert the(root, soon, expiry.expiry_at - 86_400)[0] == expiry.slug
    late = the(root, "Not opened though their time has come", expiry.opens_at + 1_800)
    assert late[2] is Urgency.NOW


def test_queue__windows__by_value_at_stake_and_unreported_ones_apart(reporting: Expiry, root: User) -> None:
    assert the(root, "Open windows by value at stake")[2] is Urgency.CALM
    Expiry.objects.update(opened_at=OPEN - 1_800)
    what, why, urgency = the(root, "Unreported past grace", OPEN)
    assert (what, urgency) == (reporting.slug, Urgency.NOW)
    assert why.startswith("0 reports so far")


def test_queue__a_deadline_that_nobody_processes__is_a_stop(reporting: Expiry, root: User) -> None:
    now = to_challenge(reporting)
    reporting.refresh_from_db()
    assert reporting.deadline is not None
    assert the(root, "Open windows by value at stake", now)[1].endswith(
        "2,500.00 stands; a claim against it may be filled"
    )
    assert the(root, "Deadlines overdue", reporting.deadline + 60)[2] is Urgency.STOPPED


def test_queue__a_ruling__counts_the_signatures_of_its_strongest_candidate(
    voters: None, reporting: Expiry, root: User
) -> None:
    to_ballot(reporting)
    Expiry.objects.update(stage=Stage.RULING, deadline=None)
    assert (
        the(root, "Rulings that wait for guardians")[1]
        == "0 of 2 signatures collected; without them it waits for ever"
    )
    for number, digest in enumerate(("0x1", "0x1", "0x2")):
        RulingSignature.objects.create(
            expiry=reporting,
            digest=digest,
            price=1,
            reason="0x",
            guardian=f"0x{number}",
            signature="0x",
            at=OPEN,
        )
    what, why, urgency = the(root, "Rulings that wait for guardians")
    assert (what, urgency) == (reporting.slug, Urgency.STOPPED)
    assert why.startswith("2 of 2 signatures collected")


def test_queue__what_is_on_its_way__is_shown_once_it_is_late_or_says_why(root: User) -> None:
    Publication.objects.create(created_at=NOW)
    stuck()
    Root.objects.create(epoch=4, root="0x", block=1, seq=1, accounts=1, debt=1, created_at=NOW)
    titles = ("Publications stuck", "Transactions stuck", "Roots late")
    assert not any(sections(root, NOW + 1)[title].rows for title in titles)
    later = NOW + 2 * 86_400
    for title in titles:
        assert the(root, title, later)[2] is Urgency.NOW
    assert the(root, "Transactions stuck", later)[0] == "publication:1"
    Publication.objects.update(reason="its attestors refuse")
    assert the(root, "Publications stuck", NOW + 1)[1] == "its attestors refuse"


def test_queue__a_posted_root__has_the_escrows_delay_before_it_is_late(root: User) -> None:
    row = Root.objects.create(epoch=4, root="0x", block=1, seq=1, accounts=1, debt=1, created_at=NOW)
    assert the(root, "Roots late", NOW + 43_200)[0] == "root of epoch 4, PLANNED"
    Root.objects.filter(pk=row.pk).update(stage="POSTED")
    assert not sections(root, NOW + 86_400)["Roots late"].rows
    assert the(root, "Roots late", NOW + 129_600)[1].startswith("the escrow's delay")


def test_queue__no_root_for_long__says_after_which(root: User) -> None:
    Root.objects.create(
        epoch=4, root="0x", block=1, seq=1, accounts=1, debt=1, created_at=NOW, stage="FINAL", final_at=NOW
    )
    assert not sections(root, NOW + 86_400)["Roots late"].rows
    assert the(root, "Roots late", NOW + 2 * 86_400)[0] == "after the root of epoch 4"


def test_queue__providers__disagree_and_are_too_few(root: User) -> None:
    row = ChainState.objects.create(id=1, looked_at=NOW, good_at=NOW - 9, nodes=3, agreeing=2)
    assert the(root, "Providers disagreeing", NOW)[1].startswith("2 of 3 agree")
    ChainState.objects.filter(pk=row.pk).update(problem="two say otherwise")
    assert the(root, "Providers disagreeing", NOW)[2] is Urgency.STOPPED


def test_queue__intake_paused__is_a_stop_and_leads_to_resuming(root: User) -> None:
    pause(now=NOW)
    section = sections(root, NOW + 5)["Intake"]
    assert (section.rows[0].urgency, section.rows[0].at) == (Urgency.STOPPED, NOW)
    assert section.rows[0].act is not None
    assert section.rows[0].act.href == "/admin/operators/proposal/add/resume_intake/"
    asked = proposals.propose(kind=RESUME_INTAKE, details={}, reason="done", by=root, now=NOW + 5)
    act = sections(root, NOW + 5)["Intake"].rows[0].act
    assert act == Act(f"{root} asks to resume", f"/admin/operators/proposal/{asked.pk}/change/")


def test_queue__signer__has_enough_or_too_little(root: User, settings: Any) -> None:
    assert sections(root, NOW)["Signer balance"].quiet == "nobody has read it yet"
    ChainState.objects.create(id=1, looked_at=NOW, signer="0xsigner", signer_wei=10**18, signer_at=NOW)
    settings.PUBLISHER_LEAST_WEI = 10**18
    found = sections(root, NOW)["Signer balance"]
    assert (found.rows, found.quiet) == ((), "0xsigner has 1 ETH")
    settings.PUBLISHER_LEAST_WEI = 10**18 + 1
    assert the(root, "Signer balance", NOW)[1].startswith("it has 1 ETH, less than PUBLISHER_LEAST_WEI")


def test_queue__webhooks_and_alarms__fail_and_are_open(root: User) -> None:
    Hook.objects.create(account="0xa", url="https://a.example/", secret="s", failing_since=NOW)
    Hook.objects.create(account="0xb", url="https://b.example/", secret="s")
    assert the(root, "Webhooks failing")[0] == "https://a.example/"
    raise_alarm(AlarmKind.NO_BEAT, "", "no beat", now=NOW)
    raise_alarm(AlarmKind.CLOCKS_APART, "", "apart", now=NOW + 1)
    alarms = sections(root, NOW + 2)["Alarms"]
    assert [(row.what, row.urgency) for row in alarms.rows] == [
        ("clocks_apart", Urgency.STOPPED), ("no_beat", Urgency.NOW),
    ]  # fmt: skip
    assert alarms.rows[0].act is not None
    assert alarms.rows[0].act.href.endswith("docs/operating/alarms.md#clocks_apart")


def test_queue__a_row_of_every_sort__leads_to_a_page_that_says_why(
    voters: None, expiry: Expiry, root: User, client: Client, at: Any, settings: Any, request: pytest.FixtureRequest
) -> None:
    """The scenario fills every section; a page that is a bare row would have no explanation on it."""
    settings.PUBLISHER_LEAST_WEI = 2
    ChainState.objects.create(id=1)
    seen: set[str] = set()

    def follow(now: int) -> None:
        at.now = now
        logged_in(root, client)  # a session ends with the hours that pass here
        for title, section in sections(root, now).items():
            for row in section.rows:
                seen.add(title)
                page = client.get(row.link)
                assert page.status_code == 200, (title, row.link)
                assert b"Why it is so" in page.content, (title, row.link)

    follow(expiry.expiry_at - 60)  # ahead, and then not opened in time
    follow(expiry.expiry_at + 7_200)
    opened = request.getfixturevalue("reporting")
    follow(OPEN + 5)
    Expiry.objects.update(opened_at=OPEN - 1_800)
    follow(OPEN + 5)  # nobody has reported
    follow(opened.deadline + 7_200)
    Expiry.objects.filter(pk=opened.pk).update(stage=Stage.RULING, deadline=None)
    stuck()
    Publication.objects.create(created_at=NOW, reason="no quorum")
    Root.objects.create(epoch=1, root="0x", block=1, seq=1, accounts=1, debt=1, created_at=NOW, reason="waits")
    ChainState.objects.update(looked_at=NOW, nodes=3, agreeing=2, signer="0xs", signer_wei=1, signer_at=NOW)
    Hook.objects.create(account="0xa", url="https://a.example/", secret="s", failing_since=NOW)
    raise_alarm(AlarmKind.NO_BEAT, "", "no beat", now=NOW)
    asked = User.objects.create_user("asks", is_staff=True)
    pause(now=BookHead.objects.get().clock)
    proposals.propose(kind=RESUME_INTAKE, details={}, reason="done", by=asked, now=at.now)
    follow(at.now + 1)
    assert seen == set(sections(root, at.now)), "every section had a row"


def test_queue__proposals__wait_for_whoever_may_approve_and_did_not_make_them(root: User) -> None:
    looks = User.objects.create_user("looks", is_staff=True)
    approver = User.objects.create_user("approver", is_staff=True)
    approver.user_permissions.set(Permission.objects.filter(codename="change_proposal"))
    Proposal.objects.create(
        kind="cancel_transaction",
        subject="1",
        reason="stuck",
        proposed_by=root,
        proposed_at=NOW,
        expires_at=NOW + 9,
    )
    title = "Proposals that wait for me"
    for person, number in ((root, 0), (looks, 0), (approver, 1)):
        assert len(sections(person, NOW)[title].rows) == number, person
    assert not sections(approver, NOW + 9)[title].rows, "it is over"


def test_queue__page__shows_the_most_urgent_first_and_cuts_what_is_long(
    root: User, client: Client, at: Any, db: None
) -> None:
    at.now = NOW + 86_400
    for _ in range(7):
        stuck()
    raise_alarm(AlarmKind.ESCROW_STOPPED, "", "the index stands", now=NOW)
    logged_in(root, client)
    page = client.get("/admin/").content.decode()
    assert page.index("the index stands") < page.index("publication:1")
    assert "and 2 more" in page
    assert "no webhook fails" in page
    assert (
        f"/admin/operators/proposal/add/cancel_transaction/?transaction={ChainTransaction.objects.last().pk}"
        in page
    )


@pytest.mark.parametrize("superuser", [True, False], ids=["superuser", "operator"])
def test_queue__with_few_rows_and_with_many__as_many_queries_and_at_most_twelve(
    db: None, settings: Any, monkeypatch: pytest.MonkeyPatch, superuser: bool
) -> None:
    settings.PUBLIC_URL = "http://testserver"
    monkeypatch.setattr(clock, "now", lambda: int(time.time()))
    person = User.objects.create_user("op", is_staff=True, is_superuser=superuser)
    if not superuser:
        give(person, Role.OPERATOR)
    found = []
    for size in (
        Size(expiries=150, reports=5, claims=3, voters=4, own=20),
        Size(expiries=600, reports=30, claims=15, voters=10, own=50),
    ):
        with transaction.atomic():
            fill(size, start=int(time.time()) - pages.STORIES_TAKE)
            client = logged_in(person)
            client.get("/admin/")
            found.append(queries(lambda client=client: client.get("/admin/")))
            transaction.set_rollback(True)
    assert found[0] == found[1]
    assert found[0] <= MOST_QUERIES
