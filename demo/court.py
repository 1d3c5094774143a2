"""Part 4: the liar bonds against the tentative price, is answered, escalates until voters decide."""

from __future__ import annotations

from demo.cast import run_all
from demo.reporting import LIE
from demo.story import DEPOSITS, SLUG, STAKES, VOTERS, Story
from demo.tell import ETHER, chapter, check, ether, say, usd

TRUE_VOTERS = ("vera", "victor", "violet")
LYING_VOTER = "malvina"  # vincent stays away


def tell(story: Story) -> None:
    chapter("4. Disputed")
    truth = usd(int(story.expiry()["tentative"])).replace(",", "")
    _pledge(story, {"mallory": "40ether"}, LIE)
    _pledge(story, {"dave": "5ether", "erin": "4ether"}, truth)
    _pledge(story, {"mallory": "40ether"}, LIE)
    _vote(story, truth)


def _pledge(story: Story, amounts: dict[str, str], price: str) -> None:
    """Each pledges up to an amount; what a claim does not need stays theirs."""
    before = story.expiry()
    run_all(
        [
            story.people[name].command(
                story.url, "dispute", "--expiry", SLUG, "--price", price, "--amount", amount
            )
            for name, amount in amounts.items()
        ]
    )
    after = story.expiry()
    check(int(after["round"]) == int(before["round"]) + 1, "the pledges should have filled the claim")
    filled = [claim for claim in after["claims"] if claim["status"] == "FILLED"][-1]
    say(
        f"round {after['round']}: {' and '.join(amounts)} filled {ether(int(filled['required']))} ETH at"
        f" {usd(int(filled['price']))}; it stands now, the expiry is in {after['stage']}"
    )


def _vote(story: Story, truth: str) -> None:
    expiry = story.wait_for_stage("COMMIT", seconds=30)
    say(
        f"a ballot opened: {len(VOTERS)} voters, {ether(int(expiry['electorate_weight']))} ETH of seasoned stake"
    )
    bonds = {name: story.began_with[name] - story.holdings(name) for name in DEPOSITS}
    story.staked = bonds | {name: amount * ETHER for name, amount in STAKES.items()}
    votes = dict.fromkeys(TRUE_VOTERS, truth) | {LYING_VOTER: LIE}
    run_all(
        [
            story.people[name].command(story.url, "vote", "commit", "--expiry", SLUG, "--price", price)
            for name, price in votes.items()
        ]
    )
    say(f"{len(votes)} committed, {len(VOTERS) - len(votes)} stayed away; nobody can see a vote yet")
    story.wait_for_stage("REVEAL", seconds=60)
    run_all([story.people[name].command(story.url, "vote", "reveal", "--expiry", SLUG) for name in votes])
    say(f"{len(votes)} revealed: {len(TRUE_VOTERS)} for {truth}, 1 for {LIE}")
    final = story.wait_for_stage("FINAL", seconds=60)
    check(final["decided_by"] == "vote", f"decided by {final['decided_by']}, not by vote")
    check(usd(int(final["price"])).replace(",", "") == truth, "the lie should not have won")
    say(f"FINAL by vote: {usd(int(final['price']))}")
