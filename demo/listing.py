"""Part 1: an operator lists the index, the expiry a minute ahead, and its series; people deposit and stake."""

from __future__ import annotations

import json
import time

from demo.cast import manage, run, run_all
from demo.story import DEPOSITS, SLUG, STAKES, STRIKES, TERMS, Story
from demo.tell import ETHER, chapter, check, ether, say
from dev import accounts
from protocol.reward import reward_account

AHEAD_SECONDS = 60
REWARD = 3 * ETHER // 10


def tell(story: Story) -> None:
    chapter("1. Listed, funded, staked")
    _list(story)
    _deposit(story)
    _stake(story)


def _list(story: Story) -> None:
    run(manage("list_index", "btc-usd-cpi", "demo/index.json"))
    at = int(time.time()) + AHEAD_SECONDS
    guardians = accounts.addresses(accounts.GUARDIANS)
    own = ["--guardians", guardians, "--guardian-threshold", str(accounts.GUARDIAN_THRESHOLD)]
    run(manage("list_expiry", SLUG, "--index", "btc-usd-cpi", "--at", str(at), "--terms", json.dumps(TERMS), *own))
    expiry = story.expiry()
    index = expiry["index"]["id"]
    say(f"index {index[:14]}… listed, and expiry {expiry['id'][:14]}… {AHEAD_SECONDS} s ahead")
    run_all(
        [
            manage("list_series", SLUG, "--strikes", *STRIKES),
            manage("deposit", reward_account(expiry["id"]), str(REWARD)),
        ]
    )
    check(int(story.expiry()["reward"]) == REWARD, "the reward should be shown before reporting opens")
    say(f"a reward of {ether(REWARD)} ETH waits on {reward_account(expiry['id'])[:14]}…")
    story.series = sorted(story.expiry()["series"], key=lambda each: int(each["strike"]))
    check(len(story.series) == len(STRIKES), "three series should be listed")
    say(f"{len(story.series)} series of P and N in one transaction, strikes {', '.join(STRIKES)}")


def _deposit(story: Story) -> None:
    pairs = []
    for name, amount in (DEPOSITS | STAKES).items():
        pairs += [story.people[name].address, f"{amount}ether"]
    run(manage("deposit", *pairs))
    story.began_with = {name: story.holdings(name) for name in DEPOSITS | STAKES}
    total = sum(story.began_with.values())
    check(total == ETHER * sum((DEPOSITS | STAKES).values()), "every deposit should be in the book")
    say(f"{len(pairs) // 2} accounts hold {ether(total)} ETH in the book")


def _stake(story: Story) -> None:
    run_all(
        [
            story.people[name].command(story.url, "stake", "--amount", f"{amount}ether")
            for name, amount in STAKES.items()
        ]
    )
    say(f"{len(STAKES)} voters staked {sum(STAKES.values())} ETH before the instant: only seasoned stake votes")
