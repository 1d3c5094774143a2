"""A few queries, and which metric each column is: the column's name, with `assize_` before it.

Their number is the same however many rows there are; what is NULL is not told. What grows with history is read by an
index, but for three sums over whole tables: expiries by stage, balances, and evidence (docs/operating/metrics.md says
what they cost).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.conf import settings
from django.db import connection

from protocol.stages import Stage
from settlement.alarms import AlarmKind
from settlement.reconcile_models import OracleRecord
from settlement.root_stages import UNDER_WAY as ROOTS_UNDER_WAY
from settlement.stages import UNDER_WAY, PublicationStage

PREFIX = "assize_"
Value = int | Decimal


@dataclass(frozen=True, slots=True)
class Sample:
    """One value of a metric, with its label's value where it has one."""

    name: str
    value: Value
    label: str | None = None


BOOK = """
SELECT coalesce(by - (SELECT min(deadline) FROM oracle_expiry WHERE deadline <= by), 0)
           AS oldest_due_age_seconds,
       coalesce(by - (SELECT min(due_at) FROM oracle_unbonding WHERE NOT done AND due_at <= by), 0)
           AS unbonding_due_age_seconds,
       (head.paused_at IS NOT NULL)::int AS intake_paused,
       (SELECT count(*) FROM oracle_expiry WHERE stage = 'RULING' AND deadline IS NULL)
           AS rulings_without_deadline,
       %(now)s - (SELECT max(at) FROM oracle_beat) AS beat_age_seconds,
       coalesce(head.seq, 0) AS book_seq,
       %(now)s - nullif(head.at, 0) AS book_head_age_seconds,
       %(now)s - nullif(head.life_at, 0) AS book_life_age_seconds,
       (SELECT count(*) FROM oracle_event WHERE seq IS NULL) AS events_unplaced
FROM (VALUES (1)) AS always LEFT JOIN oracle_bookhead AS head ON head.id = 1
CROSS JOIN LATERAL (SELECT coalesce(head.paused_at, %(now)s) AS by) AS due
"""
# While intake is paused nothing becomes due: what passed before it is what counts.

LEDGER = """
SELECT coalesce(sum(balance), 0) AS ledger_imbalance_wei,
       count(*) FILTER (WHERE balance < 0 AND name <> 'outside') AS ledger_negative,
       count(*) AS ledger_accounts
FROM ledger_account
"""

CHAIN = """
SELECT escrow.held_wei - escrow.owed_wei AS escrow_surplus_wei,
       %(now)s - nullif(escrow.compared_at, 0) AS escrow_compared_age_seconds,
       %(now)s - nullif(escrow.looked_at, 0) AS escrow_looked_age_seconds,
       (coalesce(escrow.stopped, '') <> '')::int AS escrow_stopped,
       (coalesce(escrow.problem, '') <> '')::int AS escrow_problem,
       (coalesce(series.stopped, '') <> '')::int AS series_index_stopped,
       %(now)s - nullif(chain.swept_at, 0) AS prices_compared_age_seconds,
       (SELECT count(*) FROM settlement_oraclerecord WHERE state IN ('DIFFERENT', 'EARLY')) AS prices_wrong,
       coalesce(chain.nodes, 0) AS providers,
       CASE WHEN coalesce(chain.problem, '-') = '' THEN chain.agreeing ELSE 0 END AS providers_agreeing,
       %(now)s - nullif(chain.looked_at, 0) AS chain_looked_age_seconds,
       CASE WHEN chain.head >= 0 THEN %(now)s - chain.head_at END AS chain_head_age_seconds,
       CASE WHEN chain.final >= 0 THEN %(now)s - chain.final_at END AS chain_final_age_seconds,
       chain.signer_wei AS signer_balance_wei,
       %(now)s - nullif(chain.signer_at, 0) AS signer_looked_age_seconds
FROM (VALUES (1)) AS always
LEFT JOIN settlement_chainstate AS chain ON chain.id = 1
LEFT JOIN settlement_escrowindex AS escrow ON escrow.id = 1
LEFT JOIN settlement_seriesindex AS series ON series.id = 1
"""

ATTESTORS = """
SELECT (SELECT count(*) FROM settlement_attestorrefusal AS refusal
        JOIN settlement_publication AS open ON open.id = refusal.publication_id
        WHERE NOT open.stage IN ('FINAL', 'FAILED') AND NOT EXISTS (
            SELECT FROM settlement_attestorsignature AS signed
            WHERE signed.publication_id = open.id AND signed.attestor = refusal.attestor))
     + (SELECT count(*) FROM settlement_rootrefusal AS refusal
        JOIN settlement_root AS open ON open.id = refusal.root_id
        WHERE NOT open.stage IN ('FINAL', 'FAILED') AND NOT EXISTS (
            SELECT FROM settlement_rootsignature AS signed
            WHERE signed.root_id = open.id AND signed.attestor = refusal.attestor)) AS refusals,
       %(now)s - (SELECT final_at FROM settlement_root WHERE stage = 'FINAL' ORDER BY epoch DESC LIMIT 1)
           AS root_age_seconds,
       coalesce(%(now)s - (SELECT min(created_at) FROM settlement_root WHERE NOT stage IN ('FINAL', 'FAILED')), 0)
           AS root_open_age_seconds
"""

TRANSACTIONS = """
WITH open AS MATERIALIZED (
    SELECT id, chain, sender, nonce, purpose, state, created_at FROM settlement_chaintransaction
    WHERE state IN ('SENT', 'MINED') AND chain = (SELECT chain FROM settlement_chainstate WHERE id = 1)
), spans AS (
    SELECT max(row.nonce) - min(row.nonce) + 1 - count(*) AS missing
    FROM (SELECT chain, sender, min(nonce) AS lowest FROM open GROUP BY chain, sender) AS span
    JOIN settlement_chaintransaction AS row
    ON row.chain = span.chain AND row.sender = span.sender AND row.nonce >= span.lowest
    GROUP BY row.chain, row.sender
)
SELECT coalesce(%(now)s - (SELECT min(created_at) FROM open WHERE state = 'SENT'), 0)
           AS transactions_oldest_age_seconds,
       coalesce((SELECT max(number) FROM settlement_attempt
                 WHERE transaction_id IN (SELECT id FROM open WHERE state = 'SENT')), 0) AS transactions_attempts_most,
       coalesce((SELECT sum(missing) FROM spans), 0) AS transactions_missing_nonces,
       (SELECT count(*) FROM (
            SELECT purpose FROM settlement_chaintransaction
            WHERE purpose IN (SELECT purpose FROM open) AND succeeded AND state IN ('MINED', 'CONFIRMED')
            AND chain = (SELECT chain FROM settlement_chainstate WHERE id = 1)
            GROUP BY purpose HAVING count(*) > 1) AS twice) AS publications_sent_twice
"""

KEPT = """
SELECT (SELECT coalesce(sum(size), 0) FROM evidence_document) AS evidence_bytes,
       (SELECT count(*) FROM alerts_hook WHERE failing_since IS NOT NULL AND disabled_at IS NULL)
           AS webhooks_failing
"""

READINGS = (BOOK, LEDGER, CHAIN, ATTESTORS, TRANSACTIONS, KEPT)

LABELLED = """
SELECT 'expiries', stage, count(*) FROM oracle_expiry GROUP BY stage
UNION ALL
SELECT 'publications_open', stage, count(*) FROM settlement_publication
WHERE NOT stage IN ('FINAL', 'FAILED') GROUP BY stage
UNION ALL
SELECT 'publications_oldest_age_seconds', stage, %(now)s - min(created_at) FROM settlement_publication
WHERE NOT stage IN ('FINAL', 'FAILED') GROUP BY stage
UNION ALL
SELECT 'prices_on_chain', state, count(*) FROM settlement_oraclerecord WHERE state <> 'EQUAL' GROUP BY state
UNION ALL
SELECT 'transactions_open', state, count(*) FROM settlement_chaintransaction
WHERE state IN ('SENT', 'MINED') AND chain = (SELECT chain FROM settlement_chainstate WHERE id = 1) GROUP BY state
UNION ALL
SELECT 'roots_open', stage, count(*) FROM settlement_root WHERE NOT stage IN ('FINAL', 'FAILED') GROUP BY stage
UNION ALL
SELECT 'alarms_open', kind, count(*) FROM settlement_alarm WHERE cleared_at IS NULL GROUP BY kind
UNION ALL
SELECT 'outbox_waiting', channel, count(*) FROM alerts_delivery
WHERE state = 'WAITING' AND channel IN ('mail', 'webhook') GROUP BY channel
UNION ALL
SELECT 'outbox_due_age_seconds', channel, greatest(%(now)s - min(next_at), 0) FROM alerts_delivery
WHERE state = 'WAITING' AND channel IN ('mail', 'webhook') GROUP BY channel
"""
"""Everything that has a label, as (metric, label's value, value)."""

_PUBLICATIONS = [s for s in PublicationStage if s not in (PublicationStage.FINAL, PublicationStage.FAILED)]
_CHANNELS = ("mail", "webhook")
LABELS: dict[str, Sequence[str]] = {
    "assize_expiries": list(Stage),
    "assize_publications_open": _PUBLICATIONS,
    "assize_publications_oldest_age_seconds": _PUBLICATIONS,
    "assize_prices_on_chain": [s for s in OracleRecord.State if s is not OracleRecord.State.EQUAL],
    "assize_transactions_open": UNDER_WAY,
    "assize_roots_open": ROOTS_UNDER_WAY,
    "assize_alarms_open": list(AlarmKind),
    "assize_outbox_waiting": _CHANNELS,
    "assize_outbox_due_age_seconds": _CHANNELS,
}
"""Told at every time, 0 where there is none: a series that comes and goes is one that nobody can alert on."""


def read(now: int) -> Iterator[Sample]:
    """All samples at unix second `now`; DatabaseError where the database does not give them in time."""
    with connection.cursor() as cursor:
        for query in READINGS:
            cursor.execute(query, {"now": now})
            columns = [PREFIX + column.name for column in cursor.description or ()]
            for row in cursor.fetchall():
                yield from (Sample(name, value) for name, value in zip(columns, row, strict=True) if value is not None)
        cursor.execute(LABELLED, {"now": now})
        found = {(PREFIX + name, label): value for name, label, value in cursor.fetchall()}
    none = {(name, str(label)): 0 for name, labels in LABELS.items() for label in labels}
    yield from (Sample(name, value, label) for (name, label), value in (none | found).items())


def of_settings() -> Iterator[Sample]:
    """What rules compare with, as this process was told it."""
    yield Sample("assize_providers_quorum", settings.RPC_QUORUM)
    yield Sample("assize_signer_least_wei", settings.PUBLISHER_LEAST_WEI)
    yield Sample("assize_evidence_limit_bytes", settings.EVIDENCE_MIB * 2**20)
