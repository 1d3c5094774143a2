"""The frozen numbers of an expiry (PROTOCOL 3) and the pricing bounds of its index (PROTOCOL 1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

PPM = 10**6
MAX_PRICE = 2**120
ETHER = 10**18

RAISED_BY_VALUE = (
    "min_report_stake",
    "max_report_bond",
    "min_challenge_bond",
    "min_pledge",
    "arbitration_bond",
)


class InvalidTerms(ValueError):
    """Terms or an index that PROTOCOL 3 does not allow; the text says which and why."""


@dataclass(frozen=True, slots=True)
class Index:
    """The part of an index spec that the fold asks for. Prices have 18 decimals."""

    min_price: int
    max_price: int
    tick: int = 1

    @classmethod
    def from_json(cls, spec: Mapping[str, Any]) -> Index:
        """Read bounds and tick out of an index spec, whose other keys only people and sources read."""
        return cls(_integer(spec, "min_price"), _integer(spec, "max_price"), _integer(spec, "tick", 1))

    def span(self) -> tuple[int, int]:
        """The lowest and the highest price that may be named: on the tick, within the bounds (PROTOCOL 3)."""
        return self.min_price + -self.min_price % self.tick, self.max_price - self.max_price % self.tick

    def problems(self) -> list[str]:
        """Say in words what makes these bounds invalid; an empty list when they are valid."""
        found = []
        if not 1 <= self.min_price <= self.max_price < MAX_PRICE:
            found.append("1 <= min_price <= max_price < 2^120 does not hold")
        if self.tick < 1:
            found.append("tick must be at least 1")
        elif self.span()[1] < self.min_price:
            found.append("no price on the tick lies within the bounds")
        return found


@dataclass(frozen=True, slots=True)
class Terms:
    """PROTOCOL 3, names and defaults as there: bonds and amounts in wei, windows in seconds, shares in ppm."""

    report_delay: int = 0
    report_window: int = 86_400
    min_reports: int = 3
    min_report_stake: int = 3 * ETHER // 10
    report_extensions: int = 2
    min_report_bond: int = ETHER // 10
    max_report_bond: int = 2 * ETHER
    tolerance_ppm: int = 1_000
    full_forfeit_ppm: int = 10_000
    challenge_window: int = 86_400
    min_challenge_bond: int = ETHER // 5
    min_pledge: int = ETHER // 100
    arbitration_bond: int = 16 * ETHER // 5
    commit_window: int = 172_800
    reveal_window: int = 86_400
    vote_quorum_ppm: int = 300_000
    vote_agreement_ppm: int = 650_000
    vote_retries: int = 2
    ruling_window: int = 604_800
    fee_ppm: int = 200_000
    voter_share_ppm: int = 500_000
    wrong_slash_ppm: int = 50_000
    unrevealed_slash_ppm: int = 100_000
    absent_slash_ppm: int = 5_000
    value_bond_ppm: int = 5_000
    value_rates: Mapping[str, int] = field(default_factory=dict)
    service: str = ""
    guardians: tuple[str, ...] = ()
    guardian_threshold: int = 0

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Terms:
        """Read terms whose integers are decimal strings; a missing one takes its default, an unknown one is refused."""
        unknown = set(document) - _NAMES
        if unknown:
            raise InvalidTerms(f"unknown terms: {', '.join(sorted(unknown))}")
        given: dict[str, Any] = {}
        for name in document:
            if name == "value_rates":
                given[name] = {asset: _integer(document[name], asset) for asset in document[name]}
            elif name == "guardians":
                given[name] = tuple(document[name])
            elif name == "service":
                given[name] = str(document[name])
            else:
                given[name] = _integer(document, name)
        return cls(**given)

    def to_json(self) -> dict[str, Any]:
        """All of the terms in the canonical form that is hashed into the expiry's id (PROTOCOL 7)."""
        document: dict[str, Any] = {}
        for each in fields(self):
            value = getattr(self, each.name)
            document[each.name] = str(value) if isinstance(value, int) else value
        document["value_rates"] = {asset: str(rate) for asset, rate in sorted(self.value_rates.items())}
        document["guardians"] = list(self.guardians)
        return document

    def problems(self) -> list[str]:
        """Say in words which of the conditions that close PROTOCOL 3 do not hold."""
        conditions = {
            "min_reports must be at least 1": self.min_reports >= 1,
            "tolerance_ppm must be below full_forfeit_ppm": self.tolerance_ppm < self.full_forfeit_ppm,
            "0 < min_report_bond <= max_report_bond does not hold": 0 < self.min_report_bond <= self.max_report_bond,
            "min_report_stake must be above 0": self.min_report_stake > 0,
            "0 < min_pledge <= min_challenge_bond <= arbitration_bond does not hold": 0
            < self.min_pledge
            <= self.min_challenge_bond
            <= self.arbitration_bond,
            "every window must be above 0": min(
                self.report_window,
                self.challenge_window,
                self.commit_window,
                self.reveal_window,
                self.ruling_window,
            )
            > 0,
            "report_delay, report_extensions and vote_retries must not be negative": min(
                self.report_delay, self.report_extensions, self.vote_retries
            )
            >= 0,
            "every ppm must lie between 0 and 1,000,000": all(
                0 <= getattr(self, f.name) <= PPM for f in fields(self) if f.name.endswith("_ppm")
            ),
            "the slashes of all ballots together must not exceed 1,000,000 ppm": self.ballots
            * self.worst_slash_ppm
            <= PPM,
            "value_rates must not be negative": all(rate >= 0 for rate in self.value_rates.values()),
            "guardian_threshold must lie between 0 and the number of guardians": 0
            <= self.guardian_threshold
            <= len(self.guardians)
            and len(set(self.guardians)) == len(self.guardians),
        }
        return [text for text, holds in conditions.items() if not holds]

    @property
    def ballots(self) -> int:
        """The most ballots that one expiry may hold."""
        return 1 + self.vote_retries

    @property
    def worst_slash_ppm(self) -> int:
        """The most that one ballot cuts from a voter's stake."""
        return max(self.wrong_slash_ppm, self.unrevealed_slash_ppm, self.absent_slash_ppm)

    def enough(self, reports: int, stake: int) -> bool:
        """Whether a price stands on so many reports with so much wei on them (PROTOCOL 2)."""
        return reports >= self.min_reports and stake >= self.min_report_stake

    def value_factor(self, value_secured: int) -> int:
        """max(1, ceil(value_secured * value_bond_ppm / (PPM * min_report_stake))), value in wei (PROTOCOL 3)."""
        unit = PPM * self.min_report_stake
        return max(1, -(-value_secured * self.value_bond_ppm // unit))

    def raised(self, value_secured: int) -> Terms:
        """The terms from `Opened` on: five amounts raised by the value at stake, in wei (PROTOCOL 3)."""
        factor = self.value_factor(value_secured)
        return replace(self, **{name: getattr(self, name) * factor for name in RAISED_BY_VALUE})


_NAMES = frozenset(each.name for each in fields(Terms))


def _integer(document: Mapping[str, Any], name: str, default: int | None = None) -> int:
    value = document.get(name, default)
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise InvalidTerms(f"{name} must be an integer written as a decimal string")
    try:
        number = int(value)
        if isinstance(value, int) or str(number) == value:  # int() also reads `1_000`, ` 1 ` and `01`
            return number
    except ValueError:
        pass  # no number, or one of thousands of digits
    raise InvalidTerms(f"{name} must be an integer written as a decimal string, not {value[:80]!r}")
