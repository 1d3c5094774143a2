"""Part 1: people deposit into the escrow, an operator lists the index, an expiry a minute ahead and its series."""

from __future__ import annotations

import json
import time

from demo.cast import manage, run, run_all
from demo.pace import measured, paced
from demo.story import DEPOSITS, SLUG, STAKES, STRIKES, Story, terms
from demo.tell import ETHER, chapter, check, ether, say, wait_for
from dev import accounts
from protocol.reward import reward_account

AHEAD_SECONDS = 60
REWARD = 3 * ETHER // 10


def tell(story: Story) -> None:
    chapter("1. Deposited, listed, staked")
    _deposit(story)
    _list(story)
    _stake(story)
    _await_reward(story)


def _deposit(story: Story) -> None:
    """Each by a transaction of their own; the book credits what is final. The index is listed meanwhile."""
    wanted = DEPOSITS | STAKES
    sent = [story.chain_command(name, "deposit", "--amount", f"{amount}ether") for name, amount in wanted.items()]
    begun = time.monotonic()
    run_all([*sent, manage("list_index", "btc-usd-cpi", "demo/index.json")])
    measured(time.monotonic() - begun)
    held = story.wallet.balance(story.service.about()["escrow"])
    say(f"{len(wanted)} accounts sent {ether(held)} ETH to the escrow contract")

    def credited() -> bool | None:
        return (
            True if all(story.holdings(name) == ETHER * amount for name, amount in wanted.items()) else None
        )

    wait_for("their blocks to be final", credited, seconds=60)
    story.began_with = {name: story.holdings(name) for name in wanted}
    check(held == sum(story.began_with.values()), "the escrow should hold what the book credits")
    say("credited: the book owes what the escrow holds")


def _list(story: Story) -> None:
    ahead = paced(AHEAD_SECONDS)
    at = int(time.time()) + ahead
    guardians = accounts.addresses(accounts.GUARDIANS)
    own = ["--guardians", guardians, "--guardian-threshold", str(accounts.GUARDIAN_THRESHOLD)]
    wanted = ["--index", "btc-usd-cpi", "--at", str(at), "--terms", json.dumps(terms()), *own]
    run(manage("list_expiry", SLUG, *wanted))
    expiry = story.expiry()
    say(f"index {expiry['index']['id'][:14]}… listed, and expiry {expiry['id'][:14]}… {ahead} s ahead")
    fund = ["deposit", "--amount", str(REWARD), "--account", reward_account(expiry["id"])]
    run_all([manage("list_series", SLUG, "--strikes", *STRIKES), story.chain_command("writer", *fund)])
    story.series = sorted(story.expiry()["series"], key=lambda each: int(each["strike"]))
    check(len(story.series) == len(STRIKES), "three series should be listed")
    say(f"{len(story.series)} series of P and N in one transaction, strikes {', '.join(STRIKES)}")


def _stake(story: Story) -> None:
    run_all(
        [
            story.people[name].command(story.url, "stake", "--amount", f"{amount}ether")
            for name, amount in STAKES.items()
        ]
    )
    say(
        f"{len(STAKES)} voters staked {sum(STAKES.values())} ETH before the instant: only seasoned stake votes"
    )


def _await_reward(story: Story) -> None:
    def funded() -> bool | None:
        return True if int(story.expiry()["reward"]) == REWARD else None

    wait_for("the reward to be credited", funded, seconds=60)
    say(f"the writer funded a reward of {ether(REWARD)} ETH, to be seen before reporting opens")
