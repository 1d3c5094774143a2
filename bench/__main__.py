"""All measurements: `make bench`, or `make bench ARGS="gas http"` for some. A table, and bench/results.json.

`pages:calendar` measures of the pages only those with this word in their address.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

from bench import acts, finals, folding, gas, http, pages, recovery, roots, world

RESULTS = Path(__file__).parent / "results.json"

PARTS: dict[str, Callable[..., dict[str, float]]] = {
    "recovery": recovery.measure,
    "folding": folding.measure,
    "gas": gas.measure,
    "http": http.measure,
    "acts": acts.measure,
    "roots": roots.measure,
    "finals": finals.measure,
    "pages": pages.measure,
}
SOME_PAGES = "pages:"


def main(chosen: list[str]) -> int:
    """Measure the chosen parts, all by default; figures of parts left out stay in the results as they were."""
    unknown = [part for part in chosen if part not in PARTS and not part.startswith(SOME_PAGES)]
    if unknown:
        print(f"bench: no part {unknown[0]!r}; there are {', '.join(PARTS)}", file=sys.stderr)
        return 2
    world.set_up()
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    for part in chosen or PARTS:
        print(f"\n{part}", flush=True)
        name, _, word = part.partition(":")
        for key, value in (PARTS[name](word) if word else PARTS[name]()).items():
            results[key] = value
            print(f"  {key:28} {value:>14,}", flush=True)
        if name == "gas":
            _print_peers()
    RESULTS.write_text(json.dumps(dict(sorted(results.items())), indent=1) + "\n")
    return 0


def _print_peers() -> None:
    print("\n  the peers' gas, by their own published bytecode on a local dev node")
    for what, peers in gas.PEERS.items():
        print(f"  {what}: {'; '.join(f'{peer} {used:,}' for peer, used in peers.items())}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
