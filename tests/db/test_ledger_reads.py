"""Statements, stakes and how they changed, the proof of the book, and the admin's pages."""

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ledger import check, names, selectors
from ledger.models import Reason, Transfer
from ledger.services import Move, post
from tests.staff import logged_in, root

pytestmark = pytest.mark.django_db

ANNA = "0x" + "a1" * 20
BERT = "0x" + "b2" * 20
EXPIRY = "0x" + "e5" * 32


def move(debit: str, credit: str, amount: int, *, entry: int, at: int | None = None) -> Transfer:
    key = f"{entry}:{debit}:{credit}"
    post([Move(debit, credit, amount, key, Reason.PAYOUT)], at=entry if at is None else at, entry=entry)
    return Transfer.objects.get(key=key)


def deposits(address: str, count: int) -> list[Transfer]:
    return [move(names.OUTSIDE, names.free(address), 1, entry=entry) for entry in range(1, count + 1)]


def test_statement__more_than_a_page__continues_before_the_last_id() -> None:
    ids = [transfer.id for transfer in deposits(ANNA, 5)]
    first = selectors.statement(ANNA, limit=3)
    rest = selectors.statement(ANNA, limit=3, before=first[-1].id)
    assert [transfer.id for transfer in first + rest] == ids[::-1]


def test_statement__of_an_address__has_all_its_accounts_and_nobody_elses() -> None:
    deposits(ANNA, 1)
    staked = move(names.free(ANNA), names.stake(ANNA), 1, entry=2)
    move(names.OUTSIDE, names.free(BERT), 1, entry=3)
    assert selectors.statement(ANNA)[0] == staked
    assert len(selectors.statement(ANNA)) == 2


def test_statement__of_an_expiry__has_what_came_in_and_went_out() -> None:
    deposits(ANNA, 1)
    bonded = move(names.free(ANNA), names.expiry(EXPIRY), 1, entry=2)
    paid = move(names.expiry(EXPIRY), names.free(BERT), 1, entry=3)
    assert selectors.statement(EXPIRY) == [paid, bonded]


def stake(address: str, amount: int, *, at: int) -> None:
    """Stake (amount > 0) or unstake, straight from outside: where it comes from is not what is tested."""
    pair = (names.OUTSIDE, names.stake(address))
    debit, credit = pair if amount > 0 else pair[::-1]
    reason = Reason.STAKE if amount > 0 else Reason.UNSTAKE
    entry = Transfer.objects.count()
    post([Move(debit, credit, abs(amount), f"stake:{entry}", reason)], at=at, entry=entry)


def test_staked__several_accounts__gives_stakes_alone_by_address() -> None:
    deposits(ANNA, 1)
    stake(BERT, 7, at=90)
    stake(ANNA, 5, at=91)
    assert list(selectors.staked().items()) == [(ANNA, 5), (BERT, 7)]


def test_staked__all_of_it_taken_away_again__is_left_out() -> None:
    stake(ANNA, 5, at=90)
    stake(ANNA, -5, at=91)
    assert selectors.staked() == {}


def test_stake_changes__since_a_second__has_that_second_and_later_in_order_of_entry() -> None:
    for at, amount in [(99, 9), (100, 2), (100, -4), (110, 1)]:
        stake(ANNA, amount, at=at)
    stake(BERT, 7, at=99)
    assert selectors.stake_changes(since=100) == {ANNA: [2, -4, 1]}


@pytest.mark.parametrize("reason", [Reason.SLASH, Reason.VOTER_REWARD])
def test_stake_changes__by_a_finished_ballot__count_too(reason: Reason) -> None:
    stake(ANNA, 5, at=90)
    move(names.OUTSIDE, names.expiry(EXPIRY), 2, entry=95)
    pair = (names.stake(ANNA), names.expiry(EXPIRY))
    debit, credit = pair if reason is Reason.SLASH else pair[::-1]
    post([Move(debit, credit, 2, "ballot", reason)], at=100, entry=100)
    assert selectors.stake_changes(since=100) == {ANNA: [-2 if reason is Reason.SLASH else 2]}


def broken_rules() -> list[str]:
    return [finding.rule for finding in check.findings() if not finding.holds]


def tamper(*statements: str) -> None:
    """As somebody who owns the tables and means harm."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in ("ledger_account", "ledger_transfer"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for statement in statements:
            cursor.execute(statement)
        for table in ("ledger_account", "ledger_transfer"):
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def test_ledger_check__an_honest_ledger__proves_it(capsys) -> None:
    deposits(ANNA, 3)
    call_command("ledger_check")
    out = capsys.readouterr().out
    assert out.startswith("2 accounts, 3 transfers\n")
    assert "FAIL" not in out
    assert out.count("OK ") == len(check.RULES) + 1


def test_ledger_check__one_wei_made__names_the_account_and_exits_with_1(capsys) -> None:
    deposits(ANNA, 3)
    tamper(f"UPDATE ledger_account SET balance = 4 WHERE name = '{names.free(ANNA)}'")
    with pytest.raises(SystemExit) as stopped:
        call_command("ledger_check")
    assert stopped.value.code == 1
    assert f"name={names.free(ANNA)} stored=4 moved=3" in capsys.readouterr().out


def test_ledger_check__one_wei_moved_by_hand__is_found_though_the_sum_is_zero() -> None:
    deposits(ANNA, 3)
    deposits_of_bert = Move(names.OUTSIDE, names.free(BERT), 3, "bert", Reason.DEPOSIT)
    post([deposits_of_bert], at=9, entry=9)
    tamper(
        "UPDATE ledger_account SET balance = balance + CASE name WHEN "
        f"'{names.free(ANNA)}' THEN 1 WHEN '{names.free(BERT)}' THEN -1 ELSE 0 END"
    )
    assert broken_rules() == ["every balance is the sum of its transfers"]


def test_ledger_check__a_transfer_taken_out__is_found() -> None:
    deposits(ANNA, 3)
    tamper("DELETE FROM ledger_transfer WHERE entry = 2")
    assert broken_rules() == ["every balance is the sum of its transfers"]


def test_ledger_check__checks_dropped__finds_what_they_would_have_refused() -> None:
    deposits(ANNA, 1)
    tamper(
        "ALTER TABLE ledger_account DROP CONSTRAINT ledger_account_not_overdrawn",
        "ALTER TABLE ledger_account DROP CONSTRAINT ledger_account_balance_whole",
        "ALTER TABLE ledger_transfer DROP CONSTRAINT ledger_transfer_amount_whole",
        "UPDATE ledger_account SET balance = -0.5",
        "UPDATE ledger_transfer SET amount = 0.5",
    )
    assert broken_rules()[0] == "all balances sum to zero"
    assert "nothing but the outside is negative" in broken_rules()
    assert "every balance is whole" in broken_rules()
    assert "every amount is whole and positive" in broken_rules()


def test_ledger_check__a_guard_switched_off__is_found() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ledger_transfer DISABLE TRIGGER ledger_transfer_append_only")
    findings = [finding for finding in check.findings() if not finding.holds]
    assert [finding.row for finding in findings] == ["missing=ledger_transfer_append_only"]


def test_ledger_check__more_transfers__costs_no_more_queries() -> None:
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert broken_rules() == []
        return len(captured)

    deposits(ANNA, 1)
    few = queries()
    deposits(BERT, 30)
    assert queries() == few == len(check.RULES) + 1


@pytest.fixture
def superuser(client) -> None:
    logged_in(root(), client)


@pytest.mark.parametrize("model", ["account", "transfer"])
def test_admin__a_superuser__can_look_and_nothing_else(model: str, client, superuser) -> None:
    transfer = deposits(ANNA, 1)[0]
    pk = transfer.pk if model == "transfer" else names.free(ANNA).replace(":", "_3A")
    assert client.get(reverse(f"admin:ledger_{model}_changelist")).status_code == 200
    assert client.get(reverse(f"admin:ledger_{model}_change", args=[pk])).status_code == 200
    assert client.post(reverse(f"admin:ledger_{model}_add"), {"amount": "1"}).status_code == 403
    assert client.post(reverse(f"admin:ledger_{model}_change", args=[pk]), {"amount": "1"}).status_code == 403
    assert client.post(reverse(f"admin:ledger_{model}_delete", args=[pk]), {"post": "yes"}).status_code == 403
    assert broken_rules() == []


@pytest.mark.parametrize(
    ("model", "query"), [("account", "q=free:&kind=free"), ("transfer", f"q=free:{ANNA}&reason=payout")]
)
def test_admin__lists__search_and_cost_the_same_for_any_number_of_rows(
    model: str, query: str, client, superuser
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            response = client.get(reverse(f"admin:ledger_{model}_changelist") + "?" + query)
        assert ANNA in response.content.decode()
        return len(captured)

    deposits(ANNA, 1)
    few = queries()
    for i in range(20):
        deposits(f"0x{i:040x}", 1)
        move(names.free(f"0x{i:040x}"), names.free(ANNA), 1, entry=i)
    assert queries() == few
