"""Gas of the peers' own published contracts beside ours, in one run on one node: `make bench-peers`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from bench.peers import assize, gnosis, reality, uma
from bench.peers.chain import Bill, Chain, fresh
from dev.problem import Problem

SERIES = 100
RESULTS = Path(__file__).parent / "results.json"
README = Path(__file__).parent / "README.md"
BEGIN, END = "<!-- table: make bench-peers -->\n", "<!-- end of table -->\n"
HEAD = "| system | case | gas | transactions | gas, 100 series | transactions, 100 series |\n" + "| --- " * 6 + "|\n"

Result = dict[str, str | int]


def measure(chain: Chain) -> list[Result]:
    """Every system's ways to a price. Series of ours read one price; with a peer each series asks for its own, but
    for Reality.eth, whose question about the price itself can be shared."""
    world = uma.setup(chain)
    return [
        *_ours(chain),
        _result("Gnosis CTF (trusted reporter)", "undisputed", gnosis.undisputed(chain), SERIES),
        _result("Reality.eth 3.0, question shared", "undisputed", reality.undisputed(chain), 1),
        _result("Reality.eth 3.0, question shared", "disputed, two escalations", reality.escalated(chain), 1),
        _result("UMA OOv3", "undisputed", uma.v3(world, disputed=False), SERIES),
        _result("UMA OOv3", "disputed, six voters", uma.v3(world, disputed=True), SERIES),
        _result("UMA OOv2", "undisputed", uma.v2(world, disputed=False), SERIES),
        _result("UMA OOv2", "disputed, six voters", uma.v2(world, disputed=True), SERIES),
    ]


def _ours(chain: Chain) -> list[Result]:
    alone = assize.price(chain)
    return [
        _result("Assize, the price alone", "undisputed, disputed or voted on", alone, 1),
        _result("Assize, all money for it alone", "undisputed", assize.with_money(chain, parties=1), 1),
        _result("Assize, all money for it alone", "disputed, two parties", assize.with_money(chain, parties=2), 1),
    ]


def _result(system: str, case: str, bill: Bill, times: int) -> Result:
    many = bill.times(times)
    return {
        "system": system, "case": case, "gas": bill.gas, "transactions": bill.transactions,
        "gas_100": many.gas, "transactions_100": many.transactions,
    }  # fmt: skip


def table(results: list[Result]) -> str:
    """The results as Markdown."""
    rows = (" | ".join(f"{v:,}" if isinstance(v, int) else v for v in result.values()) for result in results)
    return HEAD + "".join(f"| {row} |\n" for row in rows)


def updated(readme: str, results: list[Result]) -> str:
    """The README with this table between its markers."""
    before, rest = readme.split(BEGIN)
    return f"{before}{BEGIN}{table(results)}{END}{rest.split(END)[1]}"


def main() -> int:
    try:
        with fresh() as chain:
            results = measure(chain)
    except Problem as problem:
        print(f"bench-peers: {problem}", file=sys.stderr)
        return 1
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    README.write_text(updated(README.read_text(), results))
    print(table(results), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
