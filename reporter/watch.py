"""`watch`: report on every expiry of some indices as it opens, once each, until a brake wants a person to look."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

from protocol.acts import Refusal
from reporter.asking import NoAnswer
from reporter.brakes import stop_if_disputed
from reporter.report import Closed, Reporter, is_unanswered
from reporter.service import Problem, Unreachable
from reporter.stop import Stop
from reporter.units import show_time

LOOK_SECONDS = 600
"""Disputes are looked for before each bond, and this often where there is nothing to report."""
LEAST_WAIT, MOST_WAIT = 5, 300  # seconds until it is tried again after trouble, doubled each time
NOT_NEEDED = (Refusal.ALREADY_REPORTED, Refusal.WRONG_STAGE)
"""Refusals that say that there is nothing to report any more."""


class Watch:
    """What is reported on: expiries of `indices` (ids or slugs), but for those in `skip` (ids or slugs).

    It remembers nothing that it could not do without: the book says what was reported, and `out` what was sent.
    """

    def __init__(self, reporter: Reporter, indices: Sequence[str], skip: Sequence[str] = ()) -> None:
        self.reporter, self.indices, self.skip = reporter, indices, frozenset(skip)
        self._looks_at = 0  # when disputes are looked for again
        self._begun = False

    def round(self, now: int) -> bool:
        """Report once on all that can be reported on; whether there was anything.

        Stop by a brake; Unreachable, NoAnswer where it may go later.
        """
        service, reporter = self.reporter.service, self.reporter
        if not self._begun:
            self._stop_if_unknown()
        found = {each["id"]: each for index in self.indices for each in service.reporting(index)}
        locks = service.account(reporter.key.address)["locks"]
        reported = {lock["expiry"] for lock in locks}
        if reporter.sending:
            self._answer_kept(reported)
        due = [id_ for id_, each in found.items() if id_ not in reported and not {id_, each["slug"]} & self.skip]
        if due or now >= self._looks_at:
            past = [lock for lock in locks if lock["expiry"] not in found]  # no dispute while reports are taken
            stop_if_disputed(service, past, reporter.brakes.although_disputed)
            self._looks_at = now + LOOK_SECONDS
        self._begun = True
        self._report_all(due, now)
        return bool(due)

    def _stop_if_unknown(self) -> None:
        """A misspelt index would be waited for for ever."""
        for index in self.indices:
            if not self.reporter.service.api.expiries(index=index, limit=1)["results"]:
                raise Stop(f"the service lists no expiry of an index {index}")

    def _report_all(self, due: Sequence[str], now: int) -> None:
        """One expiry whose source does not answer keeps no other one waiting."""
        trouble = None
        for expiry in due:
            try:
                self.reporter.report_undisputed(expiry, now)
            except NoAnswer as failed:
                trouble = failed
            except Closed as closed:
                say(now, f"{expiry}: {closed}")
            except Problem as problem:
                if problem.code not in NOT_NEEDED:
                    raise
                say(now, f"{expiry}: {problem}")
        if trouble:
            raise trouble

    def _answer_kept(self, reported: set[str]) -> None:
        """Ask again for receipts that never came and, at the beginning, hand in evidence that was not.

        A report that may still be taken is left to `report_undisputed`, behind the brakes.
        """
        for path, kept in list(self.reporter.kept()):
            expiry = kept["act"]["message"]["expiry"]
            if is_unanswered(kept):
                if expiry in reported or self.reporter.service.expiry(expiry)["stage"] != "REPORTING":
                    try:
                        self.reporter.deliver(path)
                    except Problem as problem:  # and so it is answered: the refusal is kept
                        print(f"{path}: {problem}")
            elif not self._begun and expiry in reported and "receipt" in kept:
                self.reporter.deliver(path)


def watch(
    what: Watch, *, every: int, once: bool, clock: Callable[[], int], sleep: Callable[[int], None]
) -> None:
    """A round each `every` seconds, or one alone. Stop by a brake; trouble that passes is told, and tried again."""
    wait = LEAST_WAIT
    while True:
        try:
            found = what.round(clock())
            if once and not found:
                say(clock(), "nothing to report")
            pause, wait = every, LEAST_WAIT
        except (Unreachable, NoAnswer) as trouble:
            if once:
                raise
            pause, wait = wait, min(2 * wait, MOST_WAIT)
            say(clock(), f"{trouble}; trying again in {pause} s")
        if once:
            return
        sleep(pause)


def say(now: int, words: str) -> None:
    """One line with the time."""
    print(f"{show_time(now)}  {words}", file=sys.stdout, flush=True)
