"""Posting, and what the database refuses whoever asks."""

from collections import Counter

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger import check, names, selectors
from ledger.models import Account, Reason, Transfer
from ledger.services import DuplicateTransfer, Move, Overdrawn, post

pytestmark = pytest.mark.django_db

ANNA = "0x" + "a1" * 20
BERT = "0x" + "b2" * 20
EXPIRY = "0x" + "e5" * 32
ETHER = 10**18


def deposit(address: str, amount: int, key: str = "deposit") -> Move:
    return Move(names.OUTSIDE, names.free(address), amount, f"{key}:{address}", Reason.DEPOSIT)


def lock(address: str, amount: int, key: str = "lock") -> Move:
    return Move(names.free(address), names.expiry(EXPIRY), amount, f"{key}:{address}", Reason.LOCK)


def insert(debit: str, credit: str, amount: str, key: str = "k") -> None:
    """A transfer by hand, past all of Python's checks; `amount` is SQL."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ledger_transfer (debit, credit, amount, key, at, entry, reason)"
            f" VALUES (%s, %s, {amount}, %s, 1, 1, 'deposit')",
            [debit, credit, key],
        )


def test_post__a_deposit_and_a_lock__moves_the_balances() -> None:
    post([deposit(ANNA, 3 * ETHER)], at=10, entry=1)
    post([lock(ANNA, 2 * ETHER)], at=11, entry=2)
    assert selectors.balances(ANNA) == {"free": ETHER, "stake": 0, "unbonding": 0, "withdrawing": 0}
    assert selectors.balance(names.expiry(EXPIRY)) == 2 * ETHER
    assert selectors.balance(names.OUTSIDE) == -3 * ETHER
    assert selectors.total() == 0


def test_post__several_moves_through_an_account__only_the_net_change_counts() -> None:
    post([lock(ANNA, 5), deposit(ANNA, 5)], at=1, entry=1)
    assert selectors.balance(names.free(ANNA)) == 0


def test_post__fifty_moves__is_one_query(django_assert_num_queries) -> None:
    moves = [deposit(f"0x{i:040x}", i + 1) for i in range(50)]
    with django_assert_num_queries(1):
        post(moves, at=1, entry=1)
    assert Transfer.objects.count() == 50
    assert selectors.balance(names.OUTSIDE) == -sum(range(51))


def test_post__moves_of_nothing__are_dropped_without_a_query(django_assert_num_queries) -> None:
    with django_assert_num_queries(0):
        assert post([deposit(ANNA, 0)], at=1, entry=1) == 0


def test_post__amount_beyond_64_bits__is_kept_to_the_wei() -> None:
    post([deposit(ANNA, 2**127 + 1)], at=1, entry=1)
    assert selectors.balance(names.free(ANNA)) == 2**127 + 1


def test_post__more_than_there_is__is_overdrawn_and_nothing_moves() -> None:
    post([deposit(ANNA, 5), deposit(BERT, 5)], at=1, entry=1)
    with pytest.raises(Overdrawn), transaction.atomic():
        post([lock(BERT, 1), lock(ANNA, 6)], at=2, entry=2)
    assert selectors.balance(names.free(ANNA)) == selectors.balance(names.free(BERT)) == 5
    assert selectors.balance(names.expiry(EXPIRY)) == 0


@pytest.mark.parametrize("payer", [names.stake(ANNA), names.expiry(EXPIRY), names.TREASURY])
def test_post__from_an_empty_account__is_overdrawn(payer: str) -> None:
    with pytest.raises(Overdrawn), transaction.atomic():
        post([Move(payer, names.free(BERT), 1, "k", Reason.PAYOUT)], at=1, entry=1)


def test_post__a_key_twice__is_a_duplicate_and_moves_once() -> None:
    post([deposit(ANNA, 5)], at=1, entry=1)
    with pytest.raises(DuplicateTransfer), transaction.atomic():
        post([deposit(ANNA, 5)], at=1, entry=1)
    assert selectors.balance(names.free(ANNA)) == 5


@pytest.mark.django_db(transaction=True)
def test_post__outside_a_transaction__is_refused() -> None:
    with pytest.raises(RuntimeError, match="transaction"):
        post([deposit(ANNA, 1)], at=1, entry=1)
    assert not Transfer.objects.exists()


@pytest.mark.parametrize("amount", [-1, 1.0, True, "1", None])
def test_move__amount_not_a_count_of_wei__is_refused(amount: object) -> None:
    with pytest.raises(ValueError, match="whole number of wei"):
        deposit(ANNA, amount)  # type: ignore[arg-type]


NOT_WEI = ["1.5", "'NaN'", "'Infinity'", "'-Infinity'", "0", "-1", "2::numeric ^ 128"]


@pytest.mark.parametrize("amount", NOT_WEI)
def test_transfer__amount_not_a_count_of_wei__is_refused_by_the_database(amount: str) -> None:
    with pytest.raises(IntegrityError, match="ledger_transfer_amount_whole"):
        insert(names.OUTSIDE, names.free(ANNA), amount)


def test_transfer__largest_amount__is_taken_once_and_no_balance_passes_the_bound() -> None:
    insert(names.OUTSIDE, names.free(ANNA), str(2**128 - 1))
    assert selectors.balance(names.free(ANNA)) == 2**128 - 1
    with pytest.raises(IntegrityError, match="ledger_account_balance_whole"):
        insert(names.OUTSIDE, names.free(ANNA), "1", key="one more")


def test_transfer__to_oneself__is_refused_by_the_database() -> None:
    with pytest.raises(IntegrityError, match="ledger_transfer_two_accounts"):
        insert(names.OUTSIDE, names.OUTSIDE, "1")


@pytest.mark.parametrize("name", ["free:0xAB", f"free:{ANNA.upper()}", "bank", "free:" + ANNA + "\n"])
def test_transfer__to_an_account_that_cannot_be__is_refused_by_the_database(name: str) -> None:
    with pytest.raises(IntegrityError, match="ledger_account_name_form"):
        insert(names.OUTSIDE, name, "1")


EDITS = [
    "UPDATE ledger_transfer SET amount = amount + 1",
    "UPDATE ledger_transfer SET at = 0 WHERE false",
    "DELETE FROM ledger_transfer",
    "TRUNCATE ledger_transfer",
    "UPDATE ledger_account SET balance = balance + 1",
    "UPDATE ledger_account SET name = 'treasury' WHERE name LIKE 'free:%'",
    "DELETE FROM ledger_account",
    "TRUNCATE ledger_account CASCADE",
    "INSERT INTO ledger_account (name, balance) VALUES ('treasury', 1)",
    "INSERT INTO ledger_account (name, balance) VALUES ('outside', 0)"
    " ON CONFLICT (name) DO UPDATE SET balance = 0",
]


def assert_refused(edit: str, error: type[DatabaseError]) -> None:
    """Nothing of the edit happens. Foreign keys are checked first: checks still owed block TRUNCATE too."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    before = list(Account.objects.values_list()), list(Transfer.objects.values_list())
    refused = pytest.raises(error, match="is refused|permission denied")
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(edit)
    assert (list(Account.objects.values_list()), list(Transfer.objects.values_list())) == before


@pytest.mark.parametrize("edit", EDITS)
def test_edit__by_the_owner_of_the_tables__is_refused(edit: str) -> None:
    post([deposit(ANNA, 5)], at=1, entry=1)
    assert_refused(edit, IntegrityError)


@pytest.mark.parametrize("edit", EDITS)
def test_edit__by_the_apps_role__is_refused(edit: str, app_role) -> None:
    post([deposit(ANNA, 5)], at=1, entry=1)
    assert_refused(edit, DatabaseError)


def test_post__by_the_apps_role__moves_balances_it_may_not_write(app_role) -> None:
    post([deposit(ANNA, 5)], at=1, entry=1)
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_table_privilege(current_user, 'ledger_account', 'UPDATE')")
        assert cursor.fetchone() == (False,)
    assert selectors.balance(names.free(ANNA)) == 5


ACCOUNTS = [names.OUTSIDE, names.TREASURY, names.free(ANNA), names.free(BERT), names.expiry(EXPIRY)]
PAIRS = st.permutations(ACCOUNTS).map(lambda order: (order[0], order[1]))
AMOUNTS = st.one_of(st.integers(0, 5), st.integers(0, 2**90))
BATCHES = st.lists(st.lists(st.tuples(PAIRS, AMOUNTS), min_size=1, max_size=4), max_size=8)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(BATCHES)
def test_ledger__any_batches_of_moves__agrees_with_a_dictionary_and_sums_to_zero(batches: list) -> None:
    expected: Counter[str] = Counter()
    with transaction.atomic():
        for entry, batch in enumerate(batches):
            after = expected.copy()
            moves = []
            for i, ((debit, credit), amount) in enumerate(batch):
                after[debit] -= amount
                after[credit] += amount
                moves.append(Move(debit, credit, amount, f"{entry}:{i}", Reason.PAYOUT))
            if any(balance < 0 for name, balance in after.items() if name != names.OUTSIDE):
                with pytest.raises(Overdrawn), transaction.atomic():
                    post(moves, at=entry, entry=entry)
            else:
                post(moves, at=entry, entry=entry)
                expected = after
        assert {name: selectors.balance(name) for name in ACCOUNTS} == {n: expected[n] for n in ACCOUNTS}
        assert [finding for finding in check.findings() if not finding.holds] == []
        transaction.set_rollback(True)
