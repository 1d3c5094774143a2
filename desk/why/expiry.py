"""An expiry: its stage, what moves it, and everything that was done. What is sealed is sealed here too."""

from __future__ import annotations

from collections.abc import Sequence

import disputes.selectors
from desk import addresses
from desk.why import chain_rows, rulings
from desk.why.page import ROWS, Ask, Link, Moment, Table, Why, alarms_and_audit
from ledger.models import Transfer
from ledger.selectors import statement
from oracle import sealing
from oracle.models import Act, Claim, Expiry
from pages import life, told
from protocol import show
from protocol.show import decimal, ether, utc
from protocol.stages import Stage
from protocol.terms import Terms
from settlement.finality import MEANING, finality

_BECAUSE = {
    Stage.SCHEDULED: "It is SCHEDULED.",
    Stage.REPORTING: "It is in REPORTING: its instant has passed and accounts report what the index was.",
    Stage.CHALLENGE: "It is in CHALLENGE: a price stands, and whoever disagrees can bond against it.",
    Stage.COMMIT: "It is in COMMIT: claims have grown to the arbitration bond, so staked accounts vote.",
    Stage.REVEAL: "It is in REVEAL: the votes that were committed are opened.",
    Stage.RULING: "It is in RULING: no ballot has decided, so its guardians do.",
    Stage.FINAL: "It is FINAL: the price stands for ever, and bonds are paid.",
}


def explain(row: Expiry, now: int) -> Why:
    """Of an expiry with its index."""
    terms = Terms.from_json(row.raised or row.terms)
    found = finality(row, now=now)
    coming = life.what_next(row, terms, now)
    ruling, commands = rulings.of(row, terms)
    because = [_BECAUSE[Stage(row.stage)], *(f"{MEANING[reason]}." for reason in found.reasons)]
    return Why(
        sentence=" ".join(_sentence(each) for each in because),
        next=coming.sentence,
        at=coming.at,
        timeline=[Moment(each.at, each.text, each.ahead) for each in told.timeline(row, found)],
        tables=[*ruling, *_tables(row, now)],
        links=_links(row),
        act=_act(row),
        commands=commands,
    )


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]


def _tables(row: Expiry, now: int) -> list[Table]:
    return [
        _claims(row),
        _ballots(row),
        acts_table(_acts(row), addresses.listing(Act, q=row.slug)),
        ledger_table(statement(row.id, limit=ROWS), f"expiry:{row.id}"),
        *chain_rows.of_expiry(row, now),
        *alarms_and_audit(row.slug, row.id),
    ]


def _acts(row: Expiry) -> Sequence[Act]:
    acts = list(Act.objects.filter(expiry=row).order_by("-seq")[:ROWS])
    for act in acts:
        act.expiry = row  # sealing asks its stage
    return acts


def acts_table(acts: Sequence[Act], full: str) -> Table:
    """Entries of the book, newest first. What is sealed says so."""
    found = [
        (
            Link(f"#{act.seq}", addresses.page(act)),
            utc(act.at),
            act.kind,
            act.account or "the service",
            "sealed" if sealing.is_sealed(act) else decimal(sealing.public_price(act)),
            ether(act.amount),
        )
        for act in acts
    ]
    head = ("entry", "when", "kind", "account", "price", "locked")
    return Table("Acts, newest first", head, found, "nobody has acted", Link("all", full))


def ledger_table(transfers: Sequence[Transfer], searched: str) -> Table:
    """Movements of money, newest first."""
    found = [
        (
            str(each.pk),
            utc(each.at),
            each.reason,
            each.debit_id,
            each.credit_id,
            ether(each.amount),
            f"#{each.entry}",
        )
        for each in transfers
    ]
    head = ("line", "when", "reason", "from", "to", "amount", "entry")
    return Table(
        "Ledger, newest first", head, found, "no money has moved",
        Link("all", addresses.listing(Transfer, q=searched)),
    )  # fmt: skip


def _claims(row: Expiry) -> Table:
    claims = Claim.objects.filter(expiry=row).order_by("-id")[:ROWS]
    found = [
        (decimal(each.price), f"round {each.round + 1}", ether(each.pledged), ether(each.required), each.status)
        for each in claims
    ]
    more = Link("all", addresses.listing(Claim, q=row.slug))
    return Table("Claims", ("price", "round", "pledged", "needs", "state"), found, "nobody disagrees", more)


def _ballots(row: Expiry) -> Table:
    found = [
        (
            str(each.number),
            show.share(each.committed_weight, each.weight),
            show.share(each.revealed_weight, each.weight),
            decimal(each.median),
            "yes" if each.quorum else "no",
            "yes" if each.agreement else "no",
        )
        for each in (disputes.selectors.ballots(row) if row.ballot else [])
    ]
    head = ("ballot", "committed", "revealed", "median", "quorum", "agreement")
    return Table("Ballots", head, found, "none was held")


def _links(row: Expiry) -> list[Link]:
    return [
        Link("Public page", addresses.expiry(row)),
        Link("Transcript", f"{addresses.expiry(row)}transcript"),
        Link("API", f"/api/v1/expiries/{row.id}"),
        Link("Finality by API", f"/api/v1/expiries/{row.id}/finality"),
    ]


def _act(row: Expiry) -> list[Ask]:
    if row.stage != Stage.SCHEDULED:
        return []
    return [
        Ask("list_grid", "Propose a strike grid", {"expiry": row.slug}),
        Ask("fund_reward", "Propose to fund its reward", {"expiry": row.slug}),
    ]
