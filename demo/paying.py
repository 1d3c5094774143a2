"""Part 6: what is theirs leaves the book and the escrow: asked for, put under an attested root, claimed on chain."""

from __future__ import annotations

from typing import Any

import requests

from demo.cast import manage, run, run_all
from demo.story import DEPOSITS, HOLDERS, VOTERS, Story
from demo.tell import chapter, check, ether, say, wait_for


def ask(story: Story) -> None:
    """Every bonder asks for all they have; the next root will say so while prices are being published."""
    story.withdrawn = {name: free for name in DEPOSITS if (free := story.free(name))}
    run_all(
        [
            story.people[name].command(story.url, "withdraw", "--amount", str(wei))
            for name, wei in story.withdrawn.items()
        ]
    )
    say(f"{len(story.withdrawn)} bonders ask to withdraw {ether(sum(story.withdrawn.values()))} ETH")


def tell(story: Story) -> None:
    chapter("6. Paid out")
    leaves = wait_for(
        "three of five attestors to rebuild and sign the root, and the root to be final on chain",
        lambda: _leaves(story),
        seconds=120,
    )
    say(f"the root of epoch {leaves[0]['epoch']} is final: one transaction, whatever the number of accounts")
    escrow = story.service.about()["escrow"]
    held = story.wallet.balance(escrow)
    before = {name: story.wallet.balance(story.people[name].address) for name in story.withdrawn}
    _claim_for_all(story)
    for name, wei in story.withdrawn.items():
        came = story.wallet.balance(story.people[name].address) - before[name]
        check(came == wei, f"{name} was paid {came} wei and had asked for {wei}")
    left = story.wallet.balance(escrow)
    check(
        held - left == sum(story.withdrawn.values()), "the escrow should have paid exactly what was claimed"
    )
    say(f"{len(story.withdrawn)} claims paid {ether(held - left)} ETH, to the wei; anybody may send them")
    _reconcile(story, left)


def _leaves(story: Story) -> list[dict[str, Any]] | None:
    leaves = [story.leaf(name) for name in story.withdrawn]
    asked = story.withdrawn.values()
    if all(leaf and int(leaf["withdrawable"]) >= wei for leaf, wei in zip(leaves, asked, strict=True)):
        return [leaf for leaf in leaves if leaf]
    return None


def _claim_for_all(story: Story) -> None:
    """Others send the claims and pay their gas, so that what each is paid can be seen to the wei."""
    senders = (*VOTERS, *HOLDERS)
    run_all(
        [
            story.chain_command(sender, "claim", "--account", story.people[name].address)
            for sender, name in zip(senders, story.withdrawn, strict=False)
        ]
    )


def _reconcile(story: Story, left: int) -> None:
    def settled() -> dict[str, Any] | None:
        reserves = requests.get(f"{story.url}/api/v1/reserves", timeout=20).json()
        return reserves if reserves["balance"] == reserves["owed"] == str(left) else None

    wait_for("the claims to be final, and the book to owe what the escrow holds", settled, seconds=60)
    run(manage("reconcile"))
    say(f"the escrow ends at {ether(left)} ETH, exactly what is still owed: stakes and the treasury's fees")
