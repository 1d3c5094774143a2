"""The whole road: series, splits, opening, a price, signatures, the oracle, redemption to the wei."""

from __future__ import annotations

from protocol.payoff import redeem_n, redeem_p
from settlement import selectors
from settlement.chain.contracts import Series
from settlement.models import ChainTransaction, Publication
from settlement.services.publishing import publish
from settlement.services.series import list_series
from settlement.stages import PublicationStage, TransactionState
from tests.cast import ETHER
from tests.chain.conftest import CONFIRMATION, DELAY, World

PRICE = 17_891 * ETHER + 123_456_789
STRIKES = [17_000 * ETHER, 17_850 * ETHER, 19_000 * ETHER]


def test_road__from_splits_to_redemption__pays_what_the_law_says_to_the_wei(world: World) -> None:
    expiry = world.list_expiry()
    listed = list_series(expiry=expiry, strikes=STRIKES, now=world.node.now())
    assert [series.strike for series in listed] == STRIKES
    amount = 3 * ETHER + 7
    holder = world.holder()
    for series in listed:
        holder.send(Series(world.client, series.address).call("split", amount, value=amount))

    now = world.decide((expiry, PRICE), now=world.pass_expiry(expiry))
    publication = world.propose(now)
    world.sign(publication, 0, 1, now=now)
    publish(now=now)
    assert not ChainTransaction.objects.filter(purpose__startswith="publication").exists(), (
        "two of five are too few"
    )
    world.sign(publication, 4, now=now)
    publish(now=now)
    row = ChainTransaction.objects.get(purpose=f"publication:{publication.pk}")
    assert row.state == TransactionState.SENT
    publish(now=now + 1)
    publication.refresh_from_db()
    assert publication.stage == PublicationStage.MINED

    world.node.mine(CONFIRMATION)
    publish(now=now + 2)
    publication.refresh_from_db()
    assert publication.stage == PublicationStage.MINED, "the oracle's delay still runs"
    assert world.oracle.price_of(expiry.id) is None
    world.node.mine_at(world.node.now() + DELAY)
    publish(now=now + 3)
    assert Publication.objects.get().stage == PublicationStage.MINED, (
        "final only in a block that may still change"
    )
    world.node.mine(CONFIRMATION)
    publish(now=now + 4)
    publication.refresh_from_db()
    assert (publication.stage, publication.final_at) == (PublicationStage.FINAL, now + 4)
    assert world.oracle.price_of(expiry.id) == PRICE

    for series in listed:
        contract = Series(world.client, series.address)
        p = redeem_p(amount, series.strike, PRICE)
        n = redeem_n(amount, series.strike, PRICE)
        before = world.client.balance(series.address)
        holder.send(contract.call("redeem", amount, 0, holder.address))
        assert before - world.client.balance(series.address) == p
        if n:
            holder.send(contract.call("redeem", 0, amount, holder.address))
        assert world.client.balance(series.address) == amount - p - n <= 1
    unit = {payoff.series.strike: payoff for payoff in selectors.payoffs(expiry.id, PRICE)}
    assert unit[STRIKES[0]].p == redeem_p(ETHER, STRIKES[0], PRICE)
