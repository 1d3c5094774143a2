"""Part 3: four reporters are four programs; one of them lies."""

from __future__ import annotations

import time

from demo.cast import run_all
from demo.story import REPORTERS, SLUG, Story
from demo.tell import chapter, check, say, usd, wait_for

LIE = "17630"  # what bitcoin cost just before the release
VENUES = {"carol": "Binance BTC/BUSD"}
BONDS = {"alice": "1ether", "bob": "1ether", "carol": "1ether", "mallory": "0.5ether"}


def tell(story: Story) -> None:
    chapter("3. Bonded reports")
    instant = int(story.expiry()["expiry_at"])
    wait_for(
        "the expiry instant",
        lambda: True if time.time() >= instant else None,
        seconds=120,
        left=lambda: instant - int(time.time()),
    )
    opened = story.wait_for_stage("REPORTING", seconds=60)
    say(
        f"the instant passed; opened with {opened['value_secured']} wei secured on average over the day before,"
        f" read up to a final block"
    )
    run_all([_report(story, name) for name in REPORTERS])
    sealed = story.service.transcript(SLUG)
    check(
        all("price" not in act["message"] for act in sealed["acts"] if act["kind"] == "Report"),
        "a report's price should be sealed until its window closes",
    )
    say(f"{story.expiry()['reports']} reports taken, each with a receipt; their prices are sealed")
    challenge = story.wait_for_stage("CHALLENGE", seconds=60)
    for act in story.service.transcript(SLUG)["acts"]:
        if act["kind"] == "Report":
            name = next(n for n in REPORTERS if story.people[n].address == act["message"]["account"])
            say(f"unsealed: {name} reported {usd(int(act['message']['price']))} with {BONDS[name]}")
    tentative = int(challenge["tentative"])
    check(
        17_876 * 10**18 < tentative < 17_896 * 10**18,
        f"the tentative price {usd(tentative)} is not the venues'",
    )
    say(f"tentative price, the bond-weighted lower median: {usd(tentative)}")


def _report(story: Story, name: str) -> list[str]:
    choice = ["--price", LIE] if name == "mallory" else []
    choice += ["--venues", VENUES[name]] if name in VENUES else []
    return story.people[name].command(story.url, "report", "--expiry", SLUG, "--bond", BONDS[name], *choice)
