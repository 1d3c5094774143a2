"""Part 2: ETH is split into P and N before the instant, on the chain and without the service."""

from __future__ import annotations

from demo.story import Story
from demo.tell import ETHER, chapter, ether, say, usd

UNITS = (3 * ETHER, 2 * ETHER, ETHER + 1)


def tell(story: Story) -> None:
    chapter("2. ETH becomes P and N")
    writer, holder = story.people["writer"], story.people["holder"]
    for each, units in zip(story.series, UNITS, strict=True):
        contract = story.wallet.at("Series", each["address"])
        token = story.wallet.at("SeriesToken", each["p"])
        story.gas["split"] = story.wallet.send(writer, contract.functions.split(units), value=units)
        story.wallet.send(
            writer, token.functions.transfer(story.wallet.w3.to_checksum_address(holder.address), units)
        )
        strike = usd(int(each["strike"]))
        say(f"{ether(units)} ETH split at strike {strike}: the writer keeps N, the holder has P")
