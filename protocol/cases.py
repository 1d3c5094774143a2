"""Worked cases (PROTOCOL 10): one JSON document in, the result as JSON out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from protocol.acts import Act, Commit, Opened, Outage, Pledge, Report, Reveal, Ruling
from protocol.payouts import final_json
from protocol.record import MemoryRecord
from protocol.resolution import State, judge, pass_time
from protocol.stages import Stage
from protocol.terms import Index, Terms


class InvalidCase(ValueError):
    """The document is no case; the text says where and why."""


def resolve(case: Mapping[str, Any]) -> dict[str, Any]:
    """Fold a case and return its result in the form of PROTOCOL 10. Raises InvalidCase or InvalidTerms."""
    try:
        state = State(
            Index.from_json(case["index"]),
            Terms.from_json({"min_report_stake": "0", **case["terms"]}),
            int(case["expiry_at"]),
        )
        reward, now = int(case["reward"]), int(case["now"])
        electorate = {who: int(stake) for who, stake in case["electorate"].items()}
        record = MemoryRecord(lambda at: electorate)
        acts = [_act(entry) for entry in case["acts"]]
    except (KeyError, TypeError, AttributeError) as error:
        raise InvalidCase(f"not a case: {type(error).__name__} at {error}") from None
    opening = Opened(state.opens_at, reward=reward)
    rejected = []
    for number, act in enumerate(acts):
        opening = _open_before(state, record, opening, act)
        refusal = judge(state, record, act).refusal
        if refusal is not None:
            rejected.append({"act": str(number), "reason": refusal.value})
    if state.stage is Stage.SCHEDULED and opening.at <= now:
        judge(state, record, opening)
    pass_time(state, record, now)
    return _result(state, record, rejected)


def _open_before(state: State, record: MemoryRecord, opening: Opened, act: Act) -> Opened:
    """Cases leave `Opened` out: it is received on time, or at the end of an outage over that time."""
    if state.stage is not Stage.SCHEDULED:
        return opening
    if isinstance(act, Outage) and act.from_ <= opening.at < act.to and act.from_ >= state.judged_at:
        return Opened(act.to, reward=opening.reward)
    if opening.at <= act.at:
        judge(state, record, opening)
    return opening


def _act(entry: Mapping[str, Any]) -> Act:
    kind, at = entry["type"], int(entry["at"])
    match kind:
        case "report":
            return Report(at, entry["who"], int(entry["price"]), int(entry["bond"]))
        case "pledge":
            until = int(entry["until"]) if entry.get("until") is not None else None
            price, amount = int(entry["price"]), int(entry["amount"])
            return Pledge(at, entry["who"], int(entry["round"]), price, amount, until)
        case "commit":
            return Commit(at, entry["who"], int(entry["ballot"]), entry["commitment"])
        case "reveal":
            return Reveal(at, entry["who"], int(entry["ballot"]), int(entry["price"]), entry["commitment"])
        case "ruling":
            return Ruling(at, int(entry["price"]))
        case "outage":
            return Outage(int(entry["from"]), at)
    raise InvalidCase(f"unknown act type {kind!r}: use report, pledge, commit, reveal, ruling or outage")


def _result(state: State, record: MemoryRecord, rejected: list[dict[str, str]]) -> dict[str, Any]:
    result: dict[str, Any] = {
        "stage": state.stage.value,
        "round": str(state.round),
        "ballot": str(state.ballot),
        "deadline": _text(state.deadline),
        "tentative": _text(state.tentative),
        "standing": _text(state.standing),
        "rejected": rejected,
    }
    if state.stage is Stage.FINAL:
        result |= final_json(state, record)
    return result


def _text(value: int | None) -> str | None:
    return None if value is None else str(value)
