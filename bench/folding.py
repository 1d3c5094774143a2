"""The pure fold in memory: microseconds for one more report, commit or pledge at a known price, by acts behind it."""

from collections.abc import Callable, Iterable
from statistics import median
from time import perf_counter

from protocol.acts import Act, Commit, Opened, Pledge, Report
from protocol.record import MemoryRecord
from protocol.resolution import State, judge, pass_time
from protocol.terms import ETHER, Index, Terms

BEHIND = (10, 1_000, 10_000)
ROUNDS = 200
RIGHT, WRONG = 2_500 * 10**18, 2_000 * 10**18
TERMS = Terms(arbitration_bond=10**9 * ETHER, min_challenge_bond=10**6 * ETHER)


def measure() -> dict[str, float]:
    """The figures under their names: of each kind and size the median of ROUNDS acts, one after the other."""
    figures = {}
    for kind, prepare in KINDS.items():
        for behind in BEHIND:
            state, record, act = prepare(behind)
            figures[f"fold_{kind}_us_at_{behind}"] = _median_us(state, record, act)
    for behind in BEHIND:
        figures[f"fold_us_at_{behind}"] = max(figures[f"fold_{kind}_us_at_{behind}"] for kind in KINDS)
    return figures


def _reports(behind: int) -> tuple[State, MemoryRecord, Callable[[int], Act]]:
    state, record = _opened({})
    _take(state, record, (_report(number) for number in range(behind)))
    return state, record, lambda number: _report(behind + number)


def _pledges(behind: int) -> tuple[State, MemoryRecord, Callable[[int], Act]]:
    """Reports make up the past: a pledge at a known price must not look at one of them."""
    state, record = _opened({})
    _take(state, record, (_report(number) for number in range(behind)))
    pass_time(state, record, TERMS.report_window)
    _take(state, record, [_pledge(0)])
    return state, record, lambda number: _pledge(1 + number)


def _commits(behind: int) -> tuple[State, MemoryRecord, Callable[[int], Act]]:
    state, record = _opened({str(number): 1 for number in range(behind + ROUNDS)})
    pass_time(state, record, TERMS.report_window * (1 + TERMS.report_extensions))
    _take(state, record, (_commit(number) for number in range(behind)))
    return state, record, lambda number: _commit(behind + number)


KINDS = {"report": _reports, "pledge": _pledges, "commit": _commits}


def _opened(electorate: dict[str, int]) -> tuple[State, MemoryRecord]:
    state, record = State(Index(1, 10**27), TERMS, 0), MemoryRecord(lambda at: electorate)
    _take(state, record, [Opened(0)])
    return state, record


def _report(number: int) -> Report:
    return Report(1, str(number), RIGHT + number, ETHER)


def _pledge(number: int) -> Pledge:
    return Pledge(TERMS.report_window + 1, str(number), 1, WRONG, ETHER)


def _commit(number: int) -> Commit:
    return Commit(TERMS.report_window * (1 + TERMS.report_extensions) + 1, str(number), 1, "0x")


def _take(state: State, record: MemoryRecord, acts: Iterable[Act]) -> None:
    for act in acts:
        if (refusal := judge(state, record, act).refusal) is not None:
            raise RuntimeError(f"the fold refused an act of the benchmark: {refusal}")


def _median_us(state: State, record: MemoryRecord, act: Callable[[int], Act]) -> float:
    spent = []
    for number in range(ROUNDS):
        one = act(number)
        start = perf_counter()
        verdict = judge(state, record, one)
        spent.append(perf_counter() - start)
        if verdict.refusal is not None:
            raise RuntimeError(f"the fold refused an act of the benchmark: {verdict.refusal}")
    return round(median(spent) * 1e6, 2)


def main() -> None:
    for name, value in measure().items():
        print(f"{name:28} {value:>10}")


if __name__ == "__main__":
    main()
