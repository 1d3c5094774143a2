"""Every metric of the service. docs/operating/metrics.md and deploy/prometheus/rules.yml are held to this by tests."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Metric:
    """A gauge. Its name ends with its unit, where it has one; `invariant` is the `I-n` that it guards (RELIABILITY)."""

    name: str
    means: str
    labels: tuple[str, ...] = ()
    invariant: str = ""

    @property
    def unit(self) -> str:
        """The last word of its name, where that is one."""
        last = self.name.rsplit("_", 1)[1]
        return last if last in ("seconds", "wei", "bytes") else "0 or 1" if "1 w" in self.means else "number"

    @property
    def help(self) -> str:
        return f"{self.means} ({self.invariant})" if self.invariant else self.means


M = Metric
TABLE: tuple[Metric, ...] = (
    # how well this was read
    M("assize_up", "1 where the database gave all that follows, 0 where it did not answer in time"),
    M("assize_clock_ahead_seconds", "this host's clock ahead of the database's, below 0 behind it", invariant="I-22"),
    # the book
    M("assize_expiries", "expiries by stage", ("stage",)),
    M("assize_oldest_due_age_seconds", "since the deadline that passed longest ago and is not processed; 0: none",
      invariant="I-11"),
    M("assize_intake_paused", "1 while operators have paused intake: beats stop, deadlines pass for nobody"),
    M("assize_unbonding_due_age_seconds", "since money became free by unstaking and was not moved; 0: none",
      invariant="I-11"),
    M("assize_rulings_without_deadline", "expiries that only their guardians can end"),
    M("assize_beat_age_seconds", "since the last beat of the book; none is exported before the first", invariant="I-9"),
    M("assize_book_seq", "number of the book's last entry"),
    M("assize_book_head_age_seconds", "since the book's last entry; none before the first"),
    M("assize_book_life_age_seconds", "since the last entry or beat: 180 are an outage; none before the first",
      invariant="I-9"),
    # money
    M("assize_ledger_imbalance_wei", "sum of all balances: 0", invariant="I-1"),
    M("assize_ledger_negative", "accounts below zero, the outside left out: 0", invariant="I-2"),
    M("assize_ledger_accounts", "accounts of the ledger"),
    M("assize_escrow_surplus_wei",
      "what the escrow held less what the ledger owed, in the block that was compared last: 0, or gifts",
      invariant="I-3"),
    M("assize_escrow_compared_age_seconds", "since the escrow was compared; none before the first time",
      invariant="I-3"),
    M("assize_escrow_stopped", "1 while the escrow's index does not go on", invariant="I-4"),
    M("assize_escrow_problem", "1 while chain, logs, book and ledger do not add up", invariant="I-3"),
    M("assize_escrow_looked_age_seconds", "since the escrow's logs were read; none before the first time"),
    M("assize_series_index_stopped", "1 while splits, merges and redemptions are not counted", invariant="I-19"),
    # prices on their way
    M("assize_publications_open", "publications by stage that are neither FINAL nor FAILED", ("stage",)),
    M("assize_publications_oldest_age_seconds", "since the oldest of them was made, by stage", ("stage",)),
    M("assize_prices_on_chain", "final prices by what the oracle has of them, EQUAL left out", ("state",),
      invariant="I-16"),
    M("assize_prices_wrong", "prices that the oracle has and the book has not, or that it lost: 0",
      invariant="I-16"),
    M("assize_prices_compared_age_seconds", "since every price on chain had been compared once; none before",
      invariant="I-16"),
    M("assize_refusals", "refusals of attestors who have not signed, on open publications and roots"),
    # transactions
    M("assize_transactions_open", "transactions of the publisher by state that no deep block has", ("state",)),
    M("assize_transactions_oldest_age_seconds", "since the oldest that no block has was stored; 0: none"),
    M("assize_transactions_attempts_most", "most attempts of one transaction that no block has"),
    M("assize_transactions_missing_nonces",
      "nonces without a row, from the lowest under way to the highest: 0", invariant="I-17"),
    M("assize_publications_sent_twice",
      "publications and roots with more than one mined transaction under way: 0", invariant="I-17"),
    # roots
    M("assize_roots_open", "roots by stage that are neither FINAL nor FAILED", ("stage",)),
    M("assize_root_age_seconds", "since the last root was final; none before the first"),
    M("assize_root_open_age_seconds", "since the root that is on its way was made; 0: none"),
    # the chain
    M("assize_providers", "nodes that are asked"),
    M("assize_providers_agreeing", "of them, those that agreed when they were asked last; 0: no quorum"),
    M("assize_providers_quorum", "how many must agree (RPC_QUORUM)"),
    M("assize_chain_looked_age_seconds", "since the nodes were asked; none before the first time"),
    M("assize_chain_head_age_seconds", "age of the newest block; none before it is known"),
    M("assize_chain_final_age_seconds", "age of the newest final block; none before it is known"),
    M("assize_signer_balance_wei", "what the signer had, by a quorum; none before it was read"),
    M("assize_signer_least_wei", "below which there is an alarm (PUBLISHER_LEAST_WEI)"),
    M("assize_signer_looked_age_seconds", "since that was read; none before the first time"),
    # telling
    M("assize_alarms_open", "open alarms by kind, 0 for each kind that has none", ("kind",)),
    M("assize_events_unplaced", "events that have no place among the others yet", invariant="I-21"),
    M("assize_outbox_waiting", "mails and webhooks that are to be sent", ("channel",), invariant="I-21"),
    M("assize_outbox_due_age_seconds", "since the oldest of them should have been tried; 0: none", ("channel",),
      invariant="I-21"),
    M("assize_webhooks_failing", "webhooks that answer with failures and are still tried"),
    M("assize_evidence_bytes", "evidence that is kept"),
    M("assize_evidence_limit_bytes", "how much is kept at most (EVIDENCE_MIB)"),
)  # fmt: skip

BY_NAME = {metric.name: metric for metric in TABLE}
