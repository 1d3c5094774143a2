"""Does the escrow hold exactly what its logs, the book and the ledger say? To the wei (promise 1, PROTOCOL 8)."""

from __future__ import annotations

from dataclasses import dataclass

import structlog
from django.conf import settings
from django.db import connection

from protocol.hashing import keccak
from settlement.chain.providers import Providers
from settlement.index_models import EscrowIndex

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Sums:
    """Wei by where they are written, in one moment of the database; `until` a block: logs up to it alone."""

    deposits: int
    claims: int
    deposits_until: int
    paid_until: int
    credited: int
    by_word: int
    withdrawn: int
    outside: int
    exits: int

    @property
    def owed(self) -> int:
        """What the ledger owes, without what has moved after the block."""
        moved_since = self.deposits - self.deposits_until - (self.claims + self.exits - self.paid_until)
        return -self.outside - self.by_word - moved_since


_SUMS = """
SELECT coalesce(sum(amount) FILTER (WHERE kind = 'Deposited'), 0),
       coalesce(sum(amount) FILTER (WHERE kind = 'Claimed'), 0),
       coalesce(sum(amount) FILTER (WHERE kind = 'Deposited' AND block <= %(block)s), 0),
       coalesce(sum(amount) FILTER (WHERE kind IN ('Claimed', 'Exited') AND block <= %(block)s), 0),
       (SELECT coalesce(sum(t.amount), 0) FROM ledger_transfer t JOIN oracle_act a ON a.seq = t.entry
        WHERE t.reason = 'deposit' AND a.message ->> 'block' <> '0'),
       (SELECT coalesce(sum(t.amount), 0) FROM ledger_transfer t JOIN oracle_act a ON a.seq = t.entry
        WHERE t.reason = 'deposit' AND a.message ->> 'block' = '0'),
       (SELECT coalesce(sum(amount), 0) FROM ledger_transfer WHERE reason = 'withdrawn'),
       (SELECT coalesce(sum(balance), 0) FROM ledger_account WHERE name = 'outside'),
       coalesce(sum(amount) FILTER (WHERE kind = 'Exited'), 0)
FROM settlement_escrowlog WHERE state = 'FINAL'
"""

@dataclass(frozen=True, slots=True)
class Held:
    """Part of `Sums`, for everybody who asks: in wei, `deposits` and `paid` by the logs up to a block."""

    deposits: int
    paid: int
    by_word: int
    outside: int


# The condition on the message is that of the index oracle_act_by_word, word for word.
_HELD = """
SELECT coalesce(sum(amount) FILTER (WHERE kind = 'Deposited'), 0),
       coalesce(sum(amount) FILTER (WHERE kind IN ('Claimed', 'Exited')), 0),
       (SELECT coalesce(sum(t.amount), 0) FROM oracle_act a JOIN ledger_transfer t ON t.entry = a.seq
        WHERE a.kind = 'Deposit' AND (a.message -> 'block') = '"0"'::jsonb AND t.reason = 'deposit'),
       (SELECT coalesce(sum(balance), 0) FROM ledger_account WHERE name = 'outside')
FROM settlement_escrowlog WHERE state = 'FINAL' AND block <= %s
"""

_FIRST = {
    "deposit": """
        SELECT coalesce(log.key, made.key), log.account, log.amount, made.account, made.amount
        FROM (SELECT 'deposit:' || tx || ':' || log_index AS key, account, amount, block, entry
              FROM settlement_escrowlog WHERE state = 'FINAL' AND kind = 'Deposited') AS log
        FULL JOIN (
            SELECT t.key, split_part(t.credit, ':', 2) AS account, t.amount, t.entry, a.message
            FROM ledger_transfer t JOIN oracle_act a ON a.seq = t.entry
            WHERE t.reason = 'deposit' AND a.message ->> 'block' <> '0'
        ) AS made USING (key)
        WHERE (log.account, log.amount, log.entry, log.block::text, log.amount::text)
              IS DISTINCT FROM
              (made.account, made.amount, made.entry, made.message ->> 'block', made.message ->> 'amount')
        ORDER BY log.block NULLS LAST, 1 LIMIT 1""",
    "claim": """
        SELECT coalesce(log.key, made.key), log.account, log.amount, NULL, made.amount
        FROM (SELECT 'claim:' || tx || ':' || log_index AS key, account, amount, block
              FROM settlement_escrowlog WHERE state = 'FINAL' AND kind = 'Claimed') AS log
        FULL JOIN (
            SELECT regexp_replace(key, ':treasury$', '') AS key, sum(amount) AS amount
            FROM ledger_transfer WHERE reason = 'withdrawn' GROUP BY 1
        ) AS made USING (key)
        WHERE log.amount IS DISTINCT FROM made.amount
        ORDER BY log.block NULLS LAST, 1 LIMIT 1""",
}


def check_escrow(nodes: Providers, *, now: int) -> str:
    """Compare chain, logs, book and ledger at the block up to which all is credited; "" where they agree.

    The answer is kept for `reconcile.escrow_problem`, and a new one alarms. Raises StaleReads.
    """
    block = EscrowIndex.objects.filter(id=1).values_list("credited_to", flat=True).first()
    if block is None or block < 0:
        return ""
    problem = _difference(nodes, block, now)
    if EscrowIndex.objects.filter(id=1).exclude(problem=problem).update(problem=problem):
        if problem:
            log.error("escrow.differs", block=block, reason=problem)
        else:
            log.warning("escrow.agrees_again", block=block)
    return problem


def first_row() -> str:
    """The first log or entry that stands on one side alone, or says something else there; "" for none."""
    for query in _FIRST.values():
        with connection.cursor() as cursor:
            cursor.execute(query)
            row = cursor.fetchone()
        if row is not None:
            key, account, amount, other_account, other_amount = row
            said = f"the chain says {_shown(amount, account)}, the ledger {_shown(other_amount, other_account)}"
            return f"{key}: {said}"
    return ""


def sums(block: int) -> Sums:
    """All that is compared, in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(_SUMS, {"block": block})
        return Sums(*(int(value) for value in cursor.fetchone()))


def held_until(block: int) -> Held:
    """What proof of reserves is made of, in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(_HELD, [block])
        return Held(*(int(value) for value in cursor.fetchone()))


def _difference(nodes: Providers, block: int, now: int) -> str:
    balance, deposited, paid = nodes.at_block(
        block,
        [
            ("eth_getBalance", [settings.ESCROW_ADDRESS]),
            ("eth_call", [_call("total_deposited()")]),
            ("eth_call", [_call("total_paid()")]),
        ],
    )
    ours = sums(block)
    outside = ours.claims - ours.deposits - ours.by_word
    owed = ours.deposits_until - ours.paid_until
    EscrowIndex.objects.filter(id=1).update(held_wei=balance, owed_wei=ours.owed, compared_at=now)
    for name, here, there in (
        ("deposits by the logs, by the ledger", ours.deposits, ours.credited),
        ("claims by the logs, by the ledger", ours.claims, ours.withdrawn),
        ("what is outside by the logs, by the ledger", outside, ours.outside),
    ):
        if here != there:
            return f"{name}: {here} and {there} wei; {first_row() or 'no row differs: run manage.py ledger_check'}"
    for name, here, there in (
        ("deposits by the logs, by the contract", ours.deposits_until, deposited),
        ("payments by the logs, by the contract", ours.paid_until, paid),
    ):
        if here != there:
            return f"{name}: {here} and {there} wei at block {block}; run manage.py reindex --check"
    if not 0 <= balance - owed <= settings.ESCROW_GIFTS:
        return f"the escrow holds {balance} wei at block {block}, its logs explain {owed}"
    if ours.exits:
        return f"{ours.exits} wei have left by the exit, which ended the roots for ever: the book pays nobody any more"
    return ""


def _call(function: str) -> dict[str, str]:
    return {"to": settings.ESCROW_ADDRESS, "data": "0x" + keccak(function.encode())[:4].hex()}


def _shown(amount: object, account: object) -> str:
    return "nothing" if amount is None else f"{amount} wei" + (f" for {account}" if account else "")
