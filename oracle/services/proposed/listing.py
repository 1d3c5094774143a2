"""Listing an index or an expiry: what is frozen and hashed for ever, seen by two before it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from operators.kinds import Change, Details, Kind, NotPossible, Plan, differences
from operators.models import Proposal
from operators.services import proposals
from oracle.clock import utc
from oracle.models import Expiry, Index
from oracle.services import listing
from oracle.services.listing import InvalidListing
from protocol.terms import Terms

NONE = "none"


def plan_index(details: Details, now: int) -> Plan:
    """Details: `slug`, `spec` (an object). What differs from the newest version, field by field."""
    slug, spec = _text(details, "slug"), details.get("spec")
    if not isinstance(spec, dict):
        raise NotPossible("spec: must be an object")
    try:
        id_ = listing.check_index(slug=slug, spec=spec)
    except InvalidListing as error:
        raise NotPossible(str(error)) from None
    if (known := Index.objects.filter(id=id_).first()) is not None:
        raise NotPossible(f"exactly this spec is listed already, as {known}")
    newest = Index.objects.filter(slug=slug).order_by("-version").first()
    before, version = (newest.spec, newest.version) if newest else ({}, 0)
    sentence = f"The first version of {slug}." if newest is None else f"Version {version + 1} of {slug}."
    return Plan(
        slug,
        f"{sentence} Expiries that are listed already keep the spec that they have.",
        (
            Change("version", str(version) if version else NONE, str(version + 1)),
            Change("id", newest.id if newest else NONE, id_),
            *differences(before, spec),
        ),
    )


def list_index(proposal: Proposal, now: int) -> str | None:
    """Listed and ended in one transaction."""
    try:
        with transaction.atomic():
            if proposals.hold(proposal):
                index = listing.list_index(slug=proposal.details["slug"], spec=proposal.details["spec"])
                proposals.end(proposal, f"listed as {index}, {index.id}", now=now)
    except InvalidListing as error:
        raise NotPossible(str(error)) from None
    return None


@dataclass(frozen=True, slots=True)
class _Wanted:
    slug: str
    index: Index
    expiry_at: int
    terms: Terms

    @classmethod
    def read(cls, details: Details) -> _Wanted:
        index = Index.objects.filter(id=_text(details, "index")).first()
        if index is None:
            raise NotPossible("index: no index of this id is listed")
        differing, guardians = details.get("terms", {}), details.get("guardians", [])
        if not isinstance(differing, Mapping) or not isinstance(guardians, list):
            raise NotPossible("terms must be an object, guardians a list")
        threshold = details.get("guardian_threshold")
        try:
            terms = listing.read_terms(
                differing,
                guardians=guardians,
                guardian_threshold=None if threshold is None else _whole(details, "guardian_threshold"),
            )
        except InvalidListing as error:
            raise NotPossible(str(error)) from None
        return cls(_text(details, "slug"), index, _whole(details, "expiry_at"), terms)


def plan_expiry(details: Details, now: int) -> Plan:
    """Details: `slug`, `index` (its id), `expiry_at`, `terms` (only what differs from the defaults), `guardians`,
    `guardian_threshold` (a majority where left out). NotPossible too once the instant has passed."""
    wanted = _Wanted.read(details)
    terms, opens_at = wanted.terms, wanted.expiry_at + wanted.terms.report_delay
    try:
        id_ = listing.check_expiry(
            slug=wanted.slug, index=wanted.index, expiry_at=wanted.expiry_at, terms=terms, now=now
        )
    except InvalidListing as error:
        raise NotPossible(str(error)) from None
    challenge_at = opens_at + terms.report_window
    return Plan(
        wanted.slug,
        f"{wanted.index} at {utc(wanted.expiry_at)}. Undisputed, its price is final at"
        f" {utc(challenge_at + terms.challenge_window)}.",
        (
            Change("id", NONE, id_),
            Change("index", NONE, f"{wanted.index}, {wanted.index.id}"),
            Change("instant", NONE, utc(wanted.expiry_at)),
            Change("opens, not before", NONE, utc(opens_at)),
            Change("reporting closes", NONE, utc(challenge_at)),
            Change("final, if undisputed", NONE, utc(challenge_at + terms.challenge_window)),
            *differences(Terms().to_json(), terms.to_json(), under="terms."),
        ),
        _beside_the_last(wanted),
    )


def list_expiry(proposal: Proposal, now: int) -> str | None:
    """Listed and ended in one transaction; NotPossible once the instant has passed."""
    wanted = _Wanted.read(proposal.details)
    try:
        with transaction.atomic():
            if proposals.hold(proposal):
                expiry = listing.list_expiry(
                    slug=wanted.slug,
                    index=wanted.index,
                    expiry_at=wanted.expiry_at,
                    terms=wanted.terms,
                    now=now,
                )
                proposals.end(proposal, f"listed as {expiry.id}", now=now)
    except InvalidListing as error:
        raise NotPossible(str(error)) from None
    return None


def _beside_the_last(wanted: _Wanted) -> tuple[str, ...]:
    """What is unlike the index's newest expiry: a slip shows there. No part of what is agreed to, for it moves."""
    last = Expiry.objects.filter(index__slug=wanted.index.slug).order_by("-expiry_at", "-id").first()
    if last is None:
        return (f"It is the first expiry of {wanted.index.slug}.",)
    changed = differences(last.terms, wanted.terms.to_json(), under="terms.")
    told = [f"{change.what} {change.before or NONE}, now {change.after or NONE}" for change in changed]
    if last.index_id != wanted.index.id:
        told.insert(0, f"another version of the index, {wanted.index}")
    return tuple(f"Unlike {last.slug}: {each}" for each in told) or (f"Terms as of {last.slug}.",)


def _text(details: Details, name: str) -> str:
    found: Any = details.get(name)
    if not isinstance(found, str) or not found:
        raise NotPossible(f"{name}: must be a text")
    return found


def _whole(details: Details, name: str) -> int:
    found: Any = details.get(name)
    if isinstance(found, str) and found.isascii() and found.isdigit() and len(found) < 20:
        return int(found)
    if isinstance(found, bool) or not isinstance(found, int):
        raise NotPossible(f"{name}: must be a whole number")
    return found


LIST_INDEX = Kind(
    "list_index",
    "List an index",
    "A new index, or a new version of one. Its spec is frozen and hashed; every expiry on it names that hash.",
    plan_index,
    list_index,
)
LIST_EXPIRY = Kind(
    "list_expiry",
    "List an expiry",
    "One index at one instant. Its terms are frozen and hashed into its id.",
    plan_expiry,
    list_expiry,
)
