"""How rows are spelled in the API: integers as decimal strings. No queries beyond what was selected with the rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from oracle.api.present import number
from oracle.models import Expiry
from protocol.acts import Refusal
from protocol.dispute import Quote
from protocol.materiality import Value
from settlement import selectors
from settlement.attestors import Attestor
from settlement.chain.contracts import Signers
from settlement.finality import MEANING, Finality, OnChain
from settlement.margin import Forced
from settlement.models import ChainSeries, Publication, Root, Series
from settlement.reserves import Proven, Reserves
from settlement.selectors import Published
from settlement.series_states import StateOf, states_of
from settlement.simulation import Moved, Simulated


def series(row: Series, found: StateOf) -> dict[str, Any]:
    return {
        "address": row.address,
        "origin": row.origin,
        "expiry": row.expiry_id,
        "strike": str(row.strike) if row.strike else None,
        "collateral": row.collateral,
        "decimals": str(row.decimals),
        "p": row.p,
        "n": row.n,
        "feed": row.feed,
        "settled": found.settled,
        "redeemable": found.redeemable,
        "redeemed": str(found.redeemed),
        "units": units(found.numbers) if found.numbers else None,
    }


def units(row: ChainSeries) -> dict[str, str]:
    names = ("split", "merged", "redeemed_p", "redeemed_n", "left_p", "left_n", "paid_p", "paid_n", "left")
    return {name: str(getattr(row, name)) for name in names}


def publication(row: Publication, items: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {
        "id": str(row.pk),
        "stage": row.stage,
        "reason": row.reason,
        "tx_hash": row.tx_hash or (row.transaction.hash if row.transaction else None),
        "final_on_chain_at": None if row.final_at is None else str(row.final_at),
        "items": [_item(each) for each in items],
        "signatures": [{"attestor": s.attestor, "signature": s.signature} for s in row.signatures.all()],
        "refusals": [{"attestor": r.attestor, "text": r.text, "at": str(r.at)} for r in row.refusals.all()],
    }


def _item(row: Mapping[str, Any]) -> dict[str, str]:
    """Exactly the fields of an Attestation (PROTOCOL 7), in the form that `protocol.signing.parse` takes."""
    return {
        "expiry": row["expiry"],
        "attempt": str(row["attempt"]),
        "price": str(row["price"]),
        "transcript": row["transcript"],
        "payouts": row["payouts"],
    }


def root(row: Root) -> dict[str, Any]:
    """With exactly the fields of a Root (PROTOCOL 7), in the form that `protocol.signing.parse` takes."""
    return {
        "id": str(row.pk),
        "epoch": str(row.epoch),
        "root": row.root,
        "block": str(row.block),
        "seq": str(row.seq),
        "accounts": str(row.accounts),
        "debt": str(row.debt),
        "audit": None if row.audit_seq is None else {"seq": str(row.audit_seq), "head": row.audit_head},
        "stage": row.stage,
        "reason": row.reason,
        "tx_hash": row.transaction.hash if row.transaction else None,
        "final_at": None if row.final_at is None else str(row.final_at),
        "signatures": [{"attestor": s.attestor, "signature": s.signature} for s in row.signatures.all()],
        "refusals": [{"attestor": r.attestor, "text": r.text, "at": str(r.at)} for r in row.refusals.all()],
    }


def proven(found: Proven) -> dict[str, Any]:
    row, leaf = found.root, found.leaf
    numbers = {name: str(getattr(row, name)) for name in ("epoch", "block", "seq")}
    amounts = {name: str(getattr(leaf, name)) for name in ("withdrawable", "entitled", "deposited")}
    return {**numbers, "root": row.root, "account": leaf.account, **amounts, "proof": found.proof}


def reserves(found: Reserves) -> dict[str, Any]:
    amounts = ("deposited", "paid", "balance", "owed", "difference")
    return {
        "escrow": found.escrow,
        **{name: str(getattr(found, name)) for name in amounts},
        "problem": found.problem,
        "block": None if found.block is None else str(found.block),
        "root": root(found.root) if found.root else None,
    }


def attestors(found: Signers, members: Sequence[Attestor]) -> dict[str, Any]:
    """The running set, what each of it last said, and the set that waits."""
    waiting = found.waiting
    return {
        "threshold": str(found.threshold),
        "attestors": [
            {
                "address": each.address,
                "signed_at": None if each.signed_at is None else str(each.signed_at),
                "refused": {"text": each.refused.text, "at": str(each.refused.at)} if each.refused else None,
            }
            for each in members
            if each.running
        ],
        "waiting": waiting
        and {
            "nonce": str(waiting.nonce),
            "attestors": list(waiting.members),
            "threshold": str(waiting.threshold),
            "applies_from": str(waiting.applies_from),
        },
        "guardians": list(found.guardians),
        "guardian_threshold": str(found.guardian_threshold),
        "owner": found.owner,
        "set_delay": str(found.set_delay),
    }


def published(found: Published | None) -> dict[str, Any] | None:
    if found is None:
        return None
    at = found.final_on_chain_at
    return {
        "id": str(found.id),
        "stage": found.stage,
        "tx_hash": found.tx_hash,
        "final_on_chain_at": None if at is None else str(at),
    }


def of_expiries(expiries: Sequence[Expiry]) -> dict[str, dict[str, Any]]:
    """What settlement adds to expiries in the API, by id: `series_count` and `publication`; constant queries."""
    ids = [expiry.id for expiry in expiries]
    found, counts = selectors.publications_of(ids), selectors.series_counts(ids)
    return {id_: {"series_count": str(counts.get(id_, 0)), "publication": published(found.get(id_))} for id_ in ids}


def first_series(expiry: Expiry, *, limit: int) -> list[dict[str, Any]]:
    """At most so many of our series on an expiry, by collateral and strike; three queries at most."""
    ours = Series.objects.filter(expiry=expiry, origin=Series.Origin.FACTORY)
    rows = list(ours.order_by("collateral", "strike")[:limit])
    for row in rows:
        row.expiry = expiry  # joined, its terms would be read once more for each series
    states = states_of(rows)
    return [series(row, states[row.address]) for row in rows]


def finality(found: Finality) -> dict[str, Any]:
    row, times = found.expiry, found.horizon
    return {
        "id": row.id,
        "slug": row.slug,
        "stage": row.stage,
        "safe_to_settle": found.safe_to_settle,
        "reasons": [{"code": reason, "means": MEANING[reason]} for reason in found.reasons],
        "standing": number(row.standing),
        "price": number(row.price),
        "decided_by": row.decided_by,
        "final_at": number(row.final_at),
        "earliest_final_at": str(times.earliest),
        "undisputed_final_at": number(times.undisputed),
        "latest_final_at": number(times.latest),
        "unbounded": times.unbounded,
        "payouts": [
            {**_of_series(each.series), "unit": str(each.unit), "p": str(each.p), "n": str(each.n)}
            for each in found.payoffs()
        ],
        "chain": found.on_chain and _on_chain(found.on_chain),
    }


def _of_series(row: Series) -> dict[str, str]:
    return {"series": row.address, "strike": str(row.strike), "collateral": row.collateral}


def _on_chain(place: OnChain) -> dict[str, Any]:
    numbers = ("pays_from", "final_at", "block", "head", "depth", "depth_wanted")
    return {
        "stage": place.stage,
        "tx_hash": place.tx_hash,
        **{name: number(getattr(place, name)) for name in numbers},
    }


def simulated(found: Simulated, reasons: Mapping[Refusal, str]) -> dict[str, Any]:
    ask = found.ask
    return {
        "expiry": found.expiry.id,
        "stage": found.expiry.stage,
        "price": str(ask.price),
        "final": str(ask.price if ask.final is None else ask.final),
        "standing": number(found.standing),
        "dispute": None if found.quote is None else _dispute(found.quote, found.net),
        "refusal": found.refusal,
        "refusal_means": None if found.refusal is None else reasons[found.refusal],
        "series": [_moved(each) for each in found.moved],
        **_value(found.value),
        "security": found.forced and _security(found.forced),
        "worst": found.worst and {
            "price": str(found.worst.price),
            **_value(found.worst.value),
            "security": _security(found.worst),
        },
    }


def _value(found: Value | None) -> dict[str, Any]:
    unrated = {} if found is None else found.unrated
    return {
        "moved_value": None if found is None else number(found.wei),
        "moved_rated": None if found is None else number(found.rated),
        "moved_unrated": [
            {"collateral": token, "amount": str(amount)} for token, amount in sorted(unrated.items())
        ],
    }


def _security(found: Forced) -> dict[str, Any]:
    amounts = {name: number(amount) for name, amount in asdict(found.security).items()}
    if found.security.margin is None:
        amounts["gain"] = None  # else one would take a part of it for all
    return {
        **amounts,
        "could_pay": found.security.could_pay,
        "from_value_secured": found.value is None,
    }


def _dispute(quote: Quote, net: int | None) -> dict[str, Any]:
    return {
        **{name: str(getattr(quote, name)) for name in ("required", "left", "at_risk", "gain")},
        "break_even": {name: str(value) for name, value in asdict(quote.break_even).items()},
        "net": number(net),
        "rounds": [
            {
                "round": str(each.round),
                "price": str(each.price),
                "required": str(each.required),
                "opens_ballot": each.opens_ballot,
            }
            for each in quote.rounds
        ],
    }


def _moved(each: Moved) -> dict[str, Any]:
    sides = {
        name: payout and {"price": str(payout.price), "p": str(payout.p), "n": str(payout.n)}
        for name, payout in each.payouts.items()
    }
    unit = {"unit": str(each.unit), "units": number(each.units), "moved_to_p": number(each.moved)}
    return {**_of_series(each.series), **unit, **sides}
