"""Part 5: attested, published, redeemed; who got what, and proof that not one wei was made or lost."""

from __future__ import annotations

import json
import sys
from typing import Any

from demo import paying
from demo.cast import ROOT, manage, run
from demo.series import UNITS
from demo.story import DEPOSITS, SLUG, STAKES, Story
from demo.tell import chapter, check, ether, say, table, usd, wait_for
from protocol.payoff import redeem_n, redeem_p


def tell(story: Story) -> None:
    chapter("5. Attested, published, redeemed")
    paying.ask(story)
    price = _publish(story)
    rows = [_redeem(story, each, units, price) for each, units in zip(story.series, UNITS, strict=True)]
    chapter("Who staked what and got what back (ETH)")
    _accounts(story)
    chapter(f"P and N per strike, at {usd(price)} (ETH)")
    table(("strike", "split", "P redeemed for", "N redeemed for", "left over, wei"), rows)
    paying.tell(story)
    chapter("Gas")
    table(("act", "gas"), [(name, f"{used:,}") for name, used in story.gas.items()])
    chapter("Proof")
    _prove(story)


def _publish(story: Story) -> int:
    def published() -> dict[str, Any] | None:
        publication = story.expiry().get("publication")
        return publication if publication and publication["stage"] == "FINAL" else None

    publication = wait_for(
        "three of five attestors to verify and sign, and the price to be final on chain",
        published,
        seconds=90,
    )
    signatures = story.publication(publication["id"])["signatures"]
    check(len(signatures) >= 3, "three attestors should have signed")
    say(
        f"{len(signatures)} attestors replayed the transcript and signed; published in {publication['tx_hash'][:14]}…"
    )
    oracle = story.wallet.at("PriceOracle", story.service.about()["oracle"])
    expiry = story.expiry()
    price = int(oracle.functions.price_of(bytes.fromhex(expiry["id"][2:])).call())
    check(price == int(expiry["price"]), "the price on chain should be the book's")
    receipt = story.wallet.w3.eth.get_transaction_receipt(publication["tx_hash"])
    story.gas = {"submit, 3 of 5 signatures": int(receipt["gasUsed"]), **story.gas}
    say(f"price_of says {usd(price)}: every series on this expiry reads it, no transaction each")
    return price


def _redeem(story: Story, each: dict[str, Any], units: int, price: int) -> tuple[str, ...]:
    """Both redeem, in full; what they were paid must be what the law's arithmetic says, to the wei."""
    contract, strike = story.wallet.at("Series", each["address"]), int(each["strike"])
    owed = {"holder": redeem_p(units, strike, price), "writer": redeem_n(units, strike, price)}
    held = story.wallet.balance(each["address"])
    check(held == units, f"the series at {usd(strike)} should hold {units} wei")
    for name, amounts in {"holder": (units, 0), "writer": (0, units)}.items():
        who = story.people[name]
        to = story.wallet.w3.to_checksum_address(who.address)
        before = story.wallet.balance(each["address"])
        story.gas[f"redeem {'P' if amounts[0] else 'N'}"] = story.wallet.send(
            who, contract.functions.redeem(*amounts, to)
        )
        paid = before - story.wallet.balance(each["address"])
        check(paid == owed[name], f"{name} was paid {paid} wei at {usd(strike)} and is owed {owed[name]}")
    left = story.wallet.balance(each["address"])
    check(0 <= left < 2, f"{left} wei were left over of two redemptions")
    say(f"strike {usd(strike)}: P redeemed for {ether(owed['holder'])}, N for {ether(owed['writer'])}")
    return usd(strike), ether(units), ether(owed["holder"]), ether(owed["writer"]), str(left)


def _accounts(story: Story) -> None:
    document = story.service.transcript(SLUG)
    outcome = document["outcome"]
    payouts = {account: int(wei) for account, wei in outcome["payouts"].items()}
    changes = {account: int(wei) for account, wei in outcome["stake_changes"].items()}
    rows, gained = [], 0
    for name in DEPOSITS | STAKES:
        address, now = story.people[name].address, story.holdings(name)
        change = now - story.began_with[name]
        gained += change
        role = "voter" if name in STAKES else "bonder"
        staked = story.staked[name]
        back = payouts[address] if role == "bonder" else staked + changes[address]
        check(back - staked == change, f"{name} should have gained {back - staked} wei and gained {change}")
        rows.append((name, role, ether(staked), ether(back), ether(change, sign=True)))
    table(("who", "as", "staked", "got back", "gain or loss"), rows)
    treasury, reward = int(outcome["treasury"]), int(story.expiry()["reward"])
    check(
        gained + treasury == reward,
        f"{gained} gained and {treasury} of fees should be the reward of {reward} wei",
    )
    say(
        f"gains and losses {ether(gained, sign=True)} + treasury {ether(treasury)} = reward {ether(reward)}: conserved"
    )


def _prove(story: Story) -> None:
    file = story.folder / "transcript.json"
    file.write_text(json.dumps(story.service.transcript(SLUG)))
    verdict = run([sys.executable, "-m", "protocol", "verify", str(file)]).strip()
    check(verdict.startswith("PASS"), verdict)
    say(f"python -m protocol verify: {verdict.splitlines()[0]}")
    proof = run(manage("ledger_check")).strip().splitlines()
    say(f"manage.py ledger_check: {proof[-1]}")
    for series in story.series:
        check(story.wallet.balance(series["address"]) < 2, "a series should be empty but for dust")
    say(f"all of it held; the stack's logs are in {ROOT.name}/.assize")
