"""What must hold once faults have stopped and everything is at rest. Each function names the invariants it checks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from django.conf import settings

from dev import accounts
from ledger.check import findings
from oracle.models import Expiry
from protocol.stages import Stage
from settlement import reconcile
from settlement.chain import contracts, providers
from settlement.index_models import EscrowIndex
from settlement.models import ChainTransaction, Publication, PublicationItem, Root
from settlement.reconcile_escrow import check_escrow, first_row
from settlement.services import reindex
from settlement.stages import PublicationStage
from tests.flows.story import assert_sound
from tests.soak.ground import FINAL_DEPTH
from tests.soak.story import Story

ENDED = (PublicationStage.FINAL, PublicationStage.FAILED)


def waits(story: Story) -> list[str]:
    """What has not come to its end yet (I-11); empty at rest."""
    left = [f"{each} is {each.stage} {each.reason}" for each in Publication.objects.exclude(stage__in=ENDED)]
    left += [
        f"{each} is {each.stage} {each.reason}"
        for each in Root.objects.exclude(stage__in=["FINAL", "FAILED"])
    ]
    left += [
        f"{each} is {each.state}" for each in ChainTransaction.objects.filter(state__in=["SENT", "MINED"])
    ]
    left += [f"{each.slug} is {each.stage}" for each in Expiry.objects.exclude(stage=Stage.FINAL)]
    published = PublicationItem.objects.filter(live=True, publication__stage=PublicationStage.FINAL)
    done = set(published.values_list("expiry_id", flat=True))
    left += [f"{expiry} is not published" for expiry in story.prices if expiry not in done]
    if problem := reconcile.escrow_problem():
        left.append(f"the escrow's index: {problem}")
    index = EscrowIndex.objects.first()
    if index is None or index.stale or index.credited_to < story.ground.chain.head() - 2 * FINAL_DEPTH:
        left.append(f"{index}: {index.stale if index else ''}")
    return left


def broken(story: Story) -> list[str]:
    """Every invariant that does not hold."""
    checks = (_ledger, _prices, _transactions, _escrow)
    return [text for check in checks for text in check(story)]


def _ledger(story: Story) -> Iterator[str]:
    """I-1, I-2, I-15: sums, no account below zero, stored state is the refold of the acts."""
    yield from (f"{each.rule}: {each.row}" for each in findings() if not each.holds)
    try:
        assert_sound(*Expiry.objects.all())
    except AssertionError as error:
        yield f"the book: {error}"


def _prices(story: Story) -> Iterator[str]:
    """I-8, I-16: one final price for ever, the book's, on the chain once for each attempt."""
    oracle, chain = contracts.oracle(story.ground.client), story.ground.chain
    where = {"address": settings.ORACLE_ADDRESS, "topics": [contracts.topic("PriceOracle", "Priced")]}
    logs = chain.rpc("eth_getLogs", {**where, "fromBlock": "0x0", "toBlock": "latest"})
    priced = Counter(log["topics"][1] for log in logs)
    for expiry in Expiry.objects.all():
        price, _, _, attempt, is_final = oracle.read("record_of", expiry.id)
        wanted = story.prices[expiry.id]
        if (expiry.price, price, is_final) != (wanted, wanted, True):
            yield f"{expiry.slug}: reported {wanted}, the book {expiry.price}, the oracle {price}, final {is_final}"
        if priced[expiry.id] != attempt + 1:
            yield f"{expiry.slug} was priced {priced[expiry.id]} times in {attempt + 1} attempts"
    live = Counter(PublicationItem.objects.filter(live=True).values_list("expiry_id", flat=True))
    yield from (f"{expiry} is in {count} live items" for expiry, count in live.items() if count != 1)


def _transactions(story: Story) -> Iterator[str]:
    """I-17: every nonce is ours once, or somebody else's; no purpose twice; every block that we saw is there."""
    mined = story.ground.chain.transactions_of(accounts.address(accounts.PUBLISHER))
    rows = {row.nonce: row for row in ChainTransaction.objects.filter(chain=story.ground.client.genesis)}
    used: Counter[str] = Counter()
    for each in mined:
        nonce, row = int(each["nonce"], 16), rows.get(int(each["nonce"], 16))
        if row is not None and row.hash == each["hash"]:
            if each["status"]:
                used[row.purpose] += 1
            if row.state != "CONFIRMED" and row.state != "CANCELLED":
                yield f"nonce {nonce} is mined, its row says {row.state}"
        elif each["hash"] not in story.foreign and nonce >= story.first_nonce:
            yield f"nonce {nonce} went to {each['hash']}, which nobody knows"
    count = len(mined)
    yield from (f"nonce {nonce} was never used" for nonce in rows if nonce >= count)
    yield from (f"{purpose} was done {times} times" for purpose, times in used.items() if times > 1)


def _escrow(story: Story) -> Iterator[str]:
    """I-3, I-4, I-18: the index is the chain's, every final log moved its money once, and all sums agree."""
    nodes = providers.connect()
    if problem := check_escrow(nodes, now=story.ground.now) or first_row():
        yield problem
    yield from reindex.differences(nodes)
