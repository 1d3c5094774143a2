"""How somebody has done on expiries that are final: bonds, what came back, how near their reports were."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q

from ledger.models import Reason, Transfer
from oracle.models import Act, Claim, Elector, Expiry
from protocol.arithmetic import agree
from protocol.show import off
from protocol.stages import Stage

ROWS = 50


@dataclass(frozen=True, slots=True)
class Done:
    """One final expiry, in wei. `bonded` without pledges that went back; `votes` is what the stake gained or lost.

    `off` and `agreed` are of the account's report, None where it made none.
    """

    expiry: Expiry
    bonded: int
    returned: int
    votes: int
    off: str | None
    agreed: bool | None

    @property
    def gain(self) -> int:
        return self.returned - self.bonded


@dataclass(frozen=True, slots=True)
class Record:
    """Over the newest finals; `more`: there are older ones."""

    rows: Sequence[Done]
    more: bool

    @property
    def gain(self) -> int:
        return sum(row.gain + row.votes for row in self.rows)

    @property
    def reports(self) -> int:
        return sum(row.agreed is not None for row in self.rows)

    @property
    def agreed(self) -> int:
        return sum(row.agreed is True for row in self.rows)


def record_of(address: str) -> Record:
    """The newest finals on which an account bonded or could vote. Three queries."""
    mine = Act.objects.filter(expiry=OuterRef("pk"), account=address, kind__in=("Report", "Pledge"))
    voted = Elector.objects.filter(expiry=OuterRef("pk"), account=address)
    finals = Expiry.objects.filter(Exists(mine) | Exists(voted), stage=Stage.FINAL)
    finals = finals.only("slug", "price", "terms", "raised").order_by("-final_at", "-id")
    rows = list(finals[: ROWS + 1])
    bonds: dict[str, list[Act]] = {row.id: [] for row in rows[:ROWS]}
    stood = Q(kind="Report") | Q(kind="Pledge", claim__status=Claim.Status.FILLED)
    acts = Act.objects.filter(stood, account=address, expiry__in=list(bonds))
    for act in acts.only("expiry_id", "kind", "price", "amount").order_by("seq"):
        bonds[str(act.expiry_id)].append(act)
    moved = _moved(address, list(bonds))
    done = [_done(row, bonds[row.id], moved, address) for row in rows[:ROWS]]
    return Record(done, len(rows) > ROWS)


def _moved(address: str, ids: Sequence[str]) -> dict[str, int]:
    """What finals paid an account or cut from it, by the transfer's key (oracle/services/effects.py)."""
    words = ("payout", "slash", "voter")
    keys = [f"{id_}:{word}:{address}" for id_ in ids for word in words]
    rows = Transfer.objects.filter(key__in=keys).values_list("key", "amount", "reason")
    return {key: -amount if reason == Reason.SLASH else amount for key, amount, reason in rows}


def _done(row: Expiry, bonds: Sequence[Act], moved: dict[str, int], address: str) -> Done:
    report = next((act for act in bonds if act.kind == "Report"), None)
    price = report.price if report else None
    final, tolerance = row.price, int((row.raised or row.terms)["tolerance_ppm"])
    assert final is not None
    return Done(
        expiry=row,
        bonded=sum(act.amount or 0 for act in bonds),
        returned=moved.get(f"{row.id}:payout:{address}", 0),
        votes=sum(moved.get(f"{row.id}:{word}:{address}", 0) for word in ("slash", "voter")),
        off=None if price is None else off(price, final),
        agreed=None if price is None else agree(price, final, tolerance),
    )
