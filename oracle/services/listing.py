"""Indices and expiries are listed once and frozen: their ids are hashes of all that was listed (PROTOCOL 7)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q

from oracle import signer
from oracle.models import Expiry, Index
from protocol.canonical import json_hash
from protocol.show import utc
from protocol.signing import expiry_id
from protocol.terms import Index as Bounds
from protocol.terms import InvalidTerms, Terms

LONGEST_SECONDS = 10 * 365 * 86_400
"""Of one window or delay. A deadline that no column holds would stop the whole book on the day it is set."""

FARTHEST_SECONDS = 10 * LONGEST_SECONDS
"""Of an instant: whoever writes milliseconds is told."""

_ADDRESS = re.compile(r"0x[0-9a-f]{40}")


class InvalidListing(ValueError):
    """What was to be listed is not valid; the text says why and what to do."""


def check_index(*, slug: str, spec: dict[str, Any]) -> str:
    """The id that an index would have; InvalidListing where it could not be listed. Nothing is written."""
    try:
        Index._meta.get_field("slug").run_validators(slug)
        problems = Bounds.from_json(spec).problems()
        index_id = json_hash(spec)
    except ValidationError as error:
        raise InvalidListing(f"the slug {slug}: {'; '.join(error.messages)}") from None
    except (InvalidTerms, ValueError) as error:
        raise InvalidListing(f"the spec of {slug}: {error}") from None
    if problems:
        raise InvalidListing(f"the spec of {slug}: {'; '.join(problems)}")
    return index_id


def list_index(*, slug: str, spec: dict[str, Any]) -> Index:
    """List an index, or a new version of it where the spec differs. The same spec again is the same index."""
    index_id = check_index(slug=slug, spec=spec)
    with transaction.atomic():
        known = Index.objects.filter(id=index_id).first()
        if known is not None:
            return known
        version = Index.objects.filter(slug=slug).count() + 1
        return Index.objects.create(id=index_id, slug=slug, version=version, spec=spec)


def read_terms(
    differing: Mapping[str, Any], *, guardians: Sequence[str] = (), guardian_threshold: int | None = None
) -> Terms:
    """The law's defaults, what differs from them, and our own key as the service's.

    Without a threshold a majority of the guardians rules. InvalidListing where they cannot be read, or nobody rules.
    """
    document = {"service": signer.service_address(), **differing}
    if guardians:
        document["guardians"] = list(guardians)
    if guardian_threshold is not None:
        document["guardian_threshold"] = guardian_threshold
    elif document.get("guardians") and "guardian_threshold" not in document:
        document["guardian_threshold"] = len(document["guardians"]) // 2 + 1
    try:
        terms = Terms.from_json(document)
    except (InvalidTerms, TypeError) as error:
        raise InvalidListing(f"the terms: {error}") from None
    if terms.guardian_threshold < 1:
        raise InvalidListing("name guardians: without them a ruling could never be signed, and bonds stay locked")
    return terms


def check_expiry(*, slug: str, index: Index, expiry_at: int, terms: Terms, now: int) -> str:
    """The id that an expiry would have; InvalidListing where it could not be listed. Nothing is written."""
    problems = terms.problems() + _never_meant(terms)
    if terms.service != signer.service_address():
        problems.append(f"terms.service must be {signer.service_address()}, the key that signs here")
    if not now < expiry_at < now + FARTHEST_SECONDS:
        problems.append(f"the expiry instant {utc(expiry_at)} is not ahead of now, {utc(now)}, or too far")
    try:
        Expiry._meta.get_field("slug").run_validators(slug)
    except ValidationError as error:
        problems += error.messages
    if problems:
        raise InvalidListing(f"{slug}: {'; '.join(problems)}")
    id_ = expiry_id(index.id, expiry_at, json_hash(terms.to_json()))
    if Expiry.objects.filter(Q(id=id_) | Q(slug=slug)).exists():
        raise _listed(slug)
    return id_


def list_expiry(*, slug: str, index: Index, expiry_at: int, terms: Terms, now: int) -> Expiry:
    """List an expiry that lies ahead; its terms name our service key, so that our receipts are the ones that count."""
    id_ = check_expiry(slug=slug, index=index, expiry_at=expiry_at, terms=terms, now=now)
    try:
        return Expiry.objects.create(
            id=id_,
            slug=slug,
            index=index,
            expiry_at=expiry_at,
            opens_at=expiry_at + terms.report_delay,
            terms=terms.to_json(),
            head=id_,
        )
    except IntegrityError:
        raise _listed(slug) from None


def _listed(slug: str) -> InvalidListing:
    return InvalidListing(f"{slug}: this expiry, or one with this slug, is listed already")


def _never_meant(terms: Terms) -> list[str]:
    """What PROTOCOL 3 allows and nobody means: terms are frozen, so a slip of the pen would stay for ever."""
    problems = []
    for address in (*terms.guardians, *terms.value_rates):
        if not _ADDRESS.fullmatch(address):
            problems.append(f"{address} must be an address in lower case, or nothing ever equals it")
    for name, seconds in asdict(terms).items():
        if name.endswith(("_window", "_delay")) and seconds > LONGEST_SECONDS:
            problems.append(f"{name} must be at most {LONGEST_SECONDS} s")
    return problems
