"""`python -m dev soak [faults] [--seed N] [--steps N]`: seeds until so many faults were injected; one line for each."""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

FAULTS = 20_000
RESULTS = Path(__file__).resolve().parents[2] / "bench" / "results.json"


def main(arguments: list[str]) -> int:
    """Run; 1 and the schedule where something was not at rest."""
    options = _options(arguments)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "assize.settings")
    import django

    django.setup()
    logging.disable(logging.CRITICAL)  # thousands of warnings, every one of them wanted
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    from tests.soak.ground import prepared
    from tests.soak.run import STEPS, NotAtRest, run
    from tests.soak.scenarios import SCENARIOS

    counts: Counter[str] = Counter()
    least = len(SCENARIOS) if options.faults >= FAULTS else 1
    begun, done, seed = time.monotonic(), 0, options.first
    with tempfile.TemporaryDirectory(prefix="assize-soak-") as folder, prepared(Path(folder)) as ground:
        # Every scenario at least once, however fast the faults come.
        while done < options.faults or (options.seed is None and seed - options.first < least):
            try:
                result = run(ground, seed, steps=options.steps or STEPS)
            except NotAtRest as error:
                print(
                    f"{error}\nseed {seed} is not at rest; again: python -m dev soak --seed {seed}",
                    file=sys.stderr,
                )
                return 1
            counts.update(result.counts)
            done, seed = done + result.faults, seed + 1
            rate = done / (time.monotonic() - begun)
            print(f"{result.line()}   {_progress(done, options.faults, rate)}", flush=True)
            if options.schedule:
                print(result.schedule)
            if options.seed is not None:
                return 0
    _report(counts, done, seed - options.first, time.monotonic() - begun)
    if options.seed is None:
        _keep(counts, done, seed - options.first, time.monotonic() - begun)
    return 0


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m dev soak", description=__doc__)
    parser.add_argument("faults", nargs="?", type=int, default=FAULTS, help="how many at least")
    parser.add_argument("--first", type=int, default=1, help="the seed to begin with")
    parser.add_argument("--seed", type=int, help="this seed alone, again")
    parser.add_argument("--steps", type=int, help="of each storm")
    parser.add_argument("--schedule", action="store_true", help="print every fault of every seed")
    options = parser.parse_args(arguments)
    if options.seed is not None:
        options.first, options.faults = options.seed, 1
    return options


def _progress(done: int, wanted: int, rate: float) -> str:
    left = max(wanted - done, 0) / max(rate, 0.001)
    return f"{done:,} of {wanted:,}, {rate:.0f} a second, {left / 60:.0f} min left"


def _report(counts: Counter[str], done: int, seeds: int, seconds: float) -> None:
    print(f"\n{done:,} faults in {seeds} seeds, {seconds:.0f} s: nothing lost, doubled, wrong or stuck")
    for kind, count in counts.most_common():
        print(f"  {kind:32} {count:>7,}")


def _keep(counts: Counter[str], done: int, seeds: int, seconds: float) -> None:
    """For the README's figures."""
    results = json.loads(RESULTS.read_text())
    results |= {
        "soak_crashes": counts["crash"],
        "soak_faults": done,
        "soak_minutes": round(seconds / 60, 1),
        "soak_seeds": seeds,
    }
    RESULTS.write_text(json.dumps(dict(sorted(results.items())), indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
