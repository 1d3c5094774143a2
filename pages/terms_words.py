"""The terms of an expiry in words: what each number means for whoever acts (PROTOCOL 3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from protocol.show import duration, ether
from protocol.terms import PPM

MEANING = {
    "report_delay": "from the expiry instant to the first report",
    "report_window": "in which reports are taken",
    "min_reports": "below so many reports no price stands",
    "min_report_stake": "below so much on reports together no price stands",
    "report_extensions": "times that the window for reports opens again when there are too few",
    "min_report_bond": "the least that a report bonds",
    "max_report_bond": "the most that a report bonds",
    "tolerance_ppm": "prices this close to each other agree; who agrees with the final price loses nothing",
    "full_forfeit_ppm": "a report this far off loses its whole bond; nearer ones lose a part",
    "challenge_window": "in which the standing price can be bonded against; a filled claim opens it again",
    "min_challenge_bond": "the least that a claim in the first round must fill; it doubles with each round",
    "min_pledge": "the least that one account pledges on a claim",
    "arbitration_bond": "a claim never needs more; filling one at this opens a ballot",
    "commit_window": "in which the electorate commits to sealed votes",
    "reveal_window": "in which votes are revealed",
    "vote_quorum_ppm": "of the electorate's stake must be revealed for a ballot to decide",
    "vote_agreement_ppm": "of the revealed stake must agree with the median for a ballot to decide",
    "vote_retries": "further ballots after one that does not decide",
    "ruling_window": "that the guardians have when ballots failed; then the strongest ballot decides",
    "fee_ppm": "of what is forfeited goes to the treasury",
    "voter_share_ppm": "of that fee goes to the voters who were right, where a vote decided",
    "wrong_slash_ppm": "of their stake is cut from voters who revealed a wrong price",
    "unrevealed_slash_ppm": "of their stake is cut from voters who committed and did not reveal",
    "absent_slash_ppm": "of their stake is cut from voters who did nothing",
    "value_bond_ppm": "of the value secured: reports together must stake at least this; other bonds rise with it",
    "value_rates": "what a unit of each collateral counts for, where it is not the bonds' asset",
    "service": "signs receipts and the service's acts",
    "guardians": "rule when ballots fail",
    "guardian_threshold": "of them make a ruling",
}

_SECONDS = ("report_delay",)
_WEI = ("min_report_stake", "min_report_bond", "max_report_bond", "min_challenge_bond", "min_pledge")


@dataclass(frozen=True, slots=True)
class TermRow:
    """`listed` and `raised` as people read them; `raised` is empty where it is the same."""

    name: str
    listed: str
    raised: str
    means: str

    @property
    def label(self) -> str:
        """The name in words: `Least report bond`."""
        words = self.name.removesuffix("_ppm").replace("min_", "least_").replace("max_", "most_")
        return words.replace("_", " ").capitalize()


def rows(terms: Mapping[str, Any], raised: Mapping[str, Any] | None) -> list[TermRow]:
    """All terms in the order of the law, as listed and as raised."""
    found = []
    for name, means in MEANING.items():
        value = terms.get(name)
        new = (raised or {}).get(name, value)
        found.append(TermRow(name, readable(name, value), readable(name, new) if new != value else "", means))
    return found


def readable(name: str, value: Any) -> str:
    """A term's value, which is as in Terms.to_json."""
    if isinstance(value, list):
        return ", ".join(value) or "none"
    if isinstance(value, dict):
        return ", ".join(f"{asset}: {ether(int(rate))}" for asset, rate in value.items()) or "none"
    text = str(value)
    if not text.isdigit():
        return text or "none"
    if name.endswith("_window") or name in _SECONDS:
        return duration(int(text))
    if name.endswith("_ppm"):
        return percent(int(text))
    return ether(int(text)) if name in _WEI or name == "arbitration_bond" else text


def percent(ppm: int) -> str:
    """`0.1 %`, exact."""
    whole, rest = divmod(ppm * 100, PPM)
    digits = f"{rest:06d}".rstrip("0")
    return f"{whole}{'.' + digits if digits else ''} %"
