"""The table of figures in README.md, made from bench/results.json: `python -m bench.readme`.

It stands between two markers; a test says when the two differ (tests/architecture/test_readme.py).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bench.__main__ import RESULTS
from bench.gas import PEERS

README = RESULTS.parent.parent / "README.md"
BEGIN, END = "<!-- figures: python -m bench.readme -->", "<!-- end of figures -->"
HEAD = ("what", "Assize", "must be", "others")
UNKNOWN = "not measured"

Figures = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: figures named in `shown`, what is asked of them, and whom of the peers to name."""

    what: str
    shown: str
    must: str = ""
    peers: str = ""
    more: Callable[[Figures], dict[str, float]] = lambda figures: {}


def _growth(kind: str) -> Callable[[Figures], dict[str, float]]:
    return lambda f: {"times": round(f[f"{kind}_ms_at_10000"] / f[f"{kind}_ms_at_10"], 2)}


def _each_further(f: Figures) -> dict[str, float]:
    return {"further": (f["gas_submit_50"] - f["gas_submit_1"]) // 49}


def _least_share(f: Figures) -> dict[str, float]:
    return {"share": round(min(f["acts_per_s_one"], f["acts_per_s_fifty"]) / f["pgbench_tps"], 3)}


def _behind(kind: str) -> str:
    levels = " / ".join(f"{{{kind}_ms_at_{level}}}" for level in (10, 1_000, 10_000))
    return f"{levels} ms, {{times}} times"


ROWS = (
    Row("one report with 10 / 1,000 / 10,000 acts behind it", _behind("act"), "at most 1.3 times", more=_growth("act")),
    Row("one pledge at a known price, likewise", _behind("pledge"), "at most 1.3 times", more=_growth("pledge")),
    Row("one commit, likewise", _behind("commit"), "at most 1.3 times", more=_growth("commit")),
    Row(
        "acts a second over HTTP, eight clients, one expiry / fifty",
        "{acts_per_s_one} / {acts_per_s_fifty}; {share} of pgbench's {pgbench_tps}",
        "at least 0.1 of pgbench",
        more=_least_share,
    ),
    Row(
        "any page or read of the API over 10,000 expiries and 100,000 acts: most queries, slowest 95th percentile",
        "{page_queries_max}, {page_ms_p95_max} ms",
        "at most 12, 100 ms",
    ),
    Row(
        "any page of the operators' desk over the same, likewise",
        "{admin_page_queries_max}, {admin_page_ms_p95_max} ms",
        "at most 25, 250 ms",
    ),
    Row(
        "signatures checked a second, typed data hashed",
        "{recover_per_s}; {recover_ratio} of bare coincurve's {recover_per_s_bare}",
        "at least 0.5 of bare",
    ),
    Row("gas: one price, 3 of 5 signatures", "{gas_submit_1}", "at most 88,000", "one undisputed expiry price"),
    Row(
        "gas: each further price of 50 in one transaction", "{further}", "at most 35,000",
        "each further price in one push", _each_further,
    ),
    Row("gas: deposit a bond", "{gas_deposit}", "at most 60,000"),
    Row("gas: first claim of an existing account among 100,000", "{gas_claim}", "at most 95,000"),
    Row("gas: a root over any number of accounts", "{gas_root}", "at most 90,000"),
    Row("a root over 100,000 accounts, built and verified", "{root_100k_s} s", "under 60 s"),
    Row(
        "1,000 expiries become final in one second: until the last price is on-chain, all processes on this machine",
        "{finals_1000_s} s, {finals_1000_txs} transactions",
    ),
    Row(
        "`make soak`: faults in settlement, and what they lost, doubled or got wrong",
        "{soak_faults} in {soak_seeds} seeds, {soak_crashes} of them crashes; nothing",
        "nothing in 20,000",
    ),
    Row(
        "gas: another contract reads a final price, plain / through a price feed", "{gas_read_price} / {gas_read_feed}",
        "at most 6,000 / 14,000",
    ),
    Row("gas: split", "{gas_split}", "", "split"),
    Row("gas: merge", "{gas_merge}", "", "merge"),
    Row("gas: redeem P / N", "{gas_redeem_p} / {gas_redeem_n}", "at most 70,000", "redeem"),
)  # fmt: skip


def table(figures: Figures) -> str:
    """The table as Markdown; a row whose figures are not all there says so."""
    rows = [HEAD, ("---",) * len(HEAD), *(_cells(row, figures) for row in ROWS)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in rows)


def _cells(row: Row, figures: Figures) -> tuple[str, ...]:
    try:
        every = {**figures, **row.more(figures)}
        shown = row.shown.format_map({name: f"{value:,}" for name, value in every.items()})
    except KeyError:
        shown = UNKNOWN
    peers = "; ".join(f"{who} {gas:,}" for who, gas in PEERS.get(row.peers, {}).items())
    return row.what, shown, row.must, peers


def results() -> Figures:
    """What was measured last; empty where nothing was."""
    found: Figures = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    return found


def updated(readme: str, figures: Figures) -> str:
    """The README with this table between its markers. Raises ValueError where they are missing."""
    between = re.compile(f"{re.escape(BEGIN)}.*?{re.escape(END)}", re.DOTALL)
    if len(between.findall(readme)) != 1:
        raise ValueError(f"README.md must hold {BEGIN} and {END} once")
    return between.sub(lambda _: f"{BEGIN}\n{table(figures)}\n{END}", readme)


if __name__ == "__main__":
    README.write_text(updated(README.read_text(), results()))
