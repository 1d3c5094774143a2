"""`report`: look at the sources, say what would be reported, and report it only when told to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from protocol.evidence import MAX_OBSERVATIONS, document, says_nothing
from protocol.evidence_files import entry
from protocol.signing import Message
from protocol.terms import Index
from reporter.brakes import Brakes, balance_problem, sources_problem, stop_if_disputed
from reporter.evidence import carried, offer, read
from reporter.keys import Key
from reporter.quote import Quote, Sources, read_quote
from reporter.sending import keep, load, random_word, save, send_stored, store
from reporter.service import Service, running_terms
from reporter.sources import round_half_up
from reporter.stop import Stop
from reporter.units import PRICE_UNIT, show_ether, show_ppm, show_price, show_table, show_time


class Closed(Stop):
    """The expiry takes no reports now; nothing is wrong."""


@dataclass(frozen=True)
class Plan:
    """What would be reported: an exact price and a bond on an expiry, with what was seen."""

    expiry: Mapping[str, Any]
    account: str
    free: int
    bond: int
    price: int
    quote: Quote | None
    reason: str = ""
    links: Sequence[str] = ()
    files: Sequence[Path] = ()

    @property
    def evidence(self) -> dict[str, Any]:
        """What was seen and what is said of it, in the form of docs/evidence.md; the report carries its hash."""
        readings = self.quote.readings if self.quote else ()
        seen = [each for reading in readings for each in reading.observations]
        return document(
            expiry=self.expiry["id"], price=self.price, observations=seen[:MAX_OBSERVATIONS], words=self.reason,
            links=self.links, files=[entry(path.name, read(path)) for path in self.files],
        )  # fmt: skip


@dataclass(frozen=True)
class Reporter:
    """An account that bonds `bond` wei on what its sources say; without `sending` all is a dry run."""

    service: Service
    key: Key
    bond: int
    sources: Sources
    brakes: Brakes
    out: Path
    sending: bool
    attestors: Sequence[str] = ()
    reason: str = ""
    links: Sequence[str] = ()
    files: Sequence[Path] = ()

    def report(self, expiry_id: str, now: int, price: int | None = None) -> None:
        """Report what the sources say, or `price`, unless an earlier bond of this account is being disputed."""
        locks = self.service.account(self.key.address)["locks"]
        stop_if_disputed(self.service, locks, self.brakes.although_disputed)
        self.report_undisputed(expiry_id, now, price)

    def report_undisputed(self, expiry_id: str, now: int, price: int | None = None) -> None:
        """Print the preflight table; where nothing speaks against it and `sending` is set, sign and send the report."""
        expiry, account = self.service.expiry(expiry_id), self.service.account(self.key.address)
        if closed := closed_problem(expiry, now):
            raise Closed(closed)
        kept = self.unanswered(expiry["id"])
        if any(lock["expiry"] == expiry["id"] for lock in account["locks"]):
            if not (kept and self.sending):
                raise Stop("this account has reported on this expiry already")
            self.deliver(kept)
            return
        spec, at = expiry["index"]["spec"], int(expiry["expiry_at"])
        quote = None if price is not None else read_quote(spec, self.sources, at)
        plan = Plan(
            expiry, self.key.address, int(account["free"]), self.bond, price or (quote.price if quote else 0), quote,
            self.reason, self.links, self.files,
        )  # fmt: skip
        print(show_table(preflight(plan)))
        if problem := first_problem(plan, self.brakes):
            raise Stop(problem)
        try:
            evidence = plan.evidence
        except ValueError as error:
            raise Stop(f"the evidence is not in form: {error}") from None
        if kept:
            _stop_if_other(plan, kept)
        if self.sending:
            self.deliver(kept or self._sign(plan, evidence))
        else:
            print("dry run: nothing was sent; add --send to report this price")

    def kept(self) -> Iterator[tuple[Path, dict[str, Any]]]:
        """This account's reports in `out`, with the file of each."""
        for path in sorted(self.out.glob("report-*.json")):
            found = load(path)
            act = found.get("act", {})
            if act.get("kind") == "Report" and act["message"]["account"] == self.key.address:
                yield path, found

    def unanswered(self, expiry: str) -> Path | None:
        """The file of a report on an expiry that was signed, and of which nobody knows whether it was taken."""
        for path, found in self.kept():
            if found["act"]["message"]["expiry"] == expiry and is_unanswered(found):
                return path
        return None

    def deliver(self, path: Path) -> None:
        """Send a kept report and hand in its evidence; neither again once it was taken."""
        if "receipt" not in load(path):
            send_stored(self.service, path, self.attestors)
        found = load(path)
        evidence = _evidence_file(self.out, found["act"]["message"]["evidence"])
        if "handed_in" not in found and evidence.exists() and offer(self.service, evidence, self.files):
            save(path, found | {"handed_in": True})

    def _sign(self, plan: Plan, evidence: dict[str, Any]) -> Path:
        """Keep all that a report needs, so that nothing is lost whatever happens while it is sent; its file."""
        message: Message = {
            "account": plan.account, "expiry": plan.expiry["id"], "price": plan.price, "bond": plan.bond,
            "evidence": carried(evidence), "salt": random_word(),
        }
        if plan.quote and plan.quote.answer:
            raw = plan.quote.readings[0].observations[0]["raw"]
            store(self.out, f"answer-{raw[2:14]}", {"raw": raw, "answer": plan.quote.answer.decode()})
        if not says_nothing(evidence):
            store(self.out, _evidence_file(self.out, message["evidence"]).stem, evidence)
        return keep(self.service, self.key, "Report", message, self.out)


def is_unanswered(found: Mapping[str, Any]) -> bool:
    return "receipt" not in found and "refusal" not in found


def _evidence_file(folder: Path, hashed: str) -> Path:
    return folder / f"evidence-{hashed[2:14]}.json"


def _stop_if_other(plan: Plan, kept: Path) -> None:
    """A report without an answer may have been taken: it alone is sent again, and only if it still is what we mean."""
    message = load(kept)["act"]["message"]
    if (message["price"], message["bond"]) != (str(plan.price), str(plan.bond)):
        raise Stop(
            f"{kept} holds a report of {show_price(int(message['price']))} that got no answer: send it by `resend`,"
            " or move it away"
        )


def preflight(plan: Plan) -> list[tuple[str, str]]:
    """What a reporter wants to see before signing."""
    spec, expiry = plan.expiry["index"]["spec"], plan.expiry
    rows = [
        ("pair", f"{spec.get('base', '?')}/{spec.get('quote', '?')}, {spec.get('name', 'unnamed index')}"),
        ("observed", show_time(plan.quote.instant if plan.quote else int(expiry["expiry_at"]))),
        ("expiry", f"{expiry['id']}, {show_time(int(expiry['expiry_at']))}"),
    ]
    if plan.quote:
        rows += quote_rows(plan.quote)
    deadline = expiry["deadline"]
    return [
        *rows,
        ("price", show_price(plan.price) + ("" if plan.quote else " (given by hand)")),
        ("bond", show_ether(plan.bond)),
        ("free balance", f"{show_ether(plan.free)} of {plan.account}"),
        ("stage", expiry["stage"] + (f", until {show_time(int(deadline))}" if deadline else "")),
    ]


def quote_rows(quote: Quote) -> list[tuple[str, str]]:
    """One row for each venue, how far they lie apart in time and price, and how they were combined."""
    rows = [(f"source {r.venue}", show_price(round_half_up(r.price * PRICE_UNIT, 1))) for r in quote.readings]
    alone = len(quote.readings) == 1
    return [
        *rows,
        ("age", f"{max(quote.ages)} s at most"),
        ("spread", "one source: nothing was compared" if alone else show_ppm(quote.spread_ppm)),
        ("combined", quote.way),
    ]


def closed_problem(expiry: Mapping[str, Any], now: int) -> str | None:
    """Why an expiry takes no reports at a unix second; None where it does."""
    if expiry["stage"] != "REPORTING":
        return f"the expiry is in {expiry['stage']}; reports are taken in REPORTING only"
    if expiry["deadline"] and int(expiry["deadline"]) <= now:
        return f"the reporting window closed at {show_time(int(expiry['deadline']))}"
    return None


def first_problem(plan: Plan, brakes: Brakes) -> str | None:
    """Why this must not be reported, in the order in which a person would want to know; None where nothing is wrong."""
    expiry = plan.expiry
    terms, index = running_terms(dict(expiry)), Index.from_json(expiry["index"]["spec"])
    if plan.quote and (problem := sources_problem(plan.quote, brakes)):
        return problem
    if not index.min_price <= plan.price <= index.max_price:
        bounds = f"{show_price(index.min_price)} to {show_price(index.max_price)}"
        return f"the price lies outside the index's bounds, {bounds}"
    if plan.price % index.tick:
        return f"the price is no multiple of the index's tick, {show_price(index.tick)}"
    if not terms.min_report_bond <= plan.bond <= terms.max_report_bond:
        return f"the bond must lie between {show_ether(terms.min_report_bond)} and {show_ether(terms.max_report_bond)}"
    return balance_problem(plan.free, plan.bond, brakes.keep)
