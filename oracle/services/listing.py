"""Indices and expiries are listed once and frozen: their ids are hashes of all that was listed (PROTOCOL 7)."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import Any

from django.db import IntegrityError, transaction

from oracle import signer
from oracle.models import Expiry, Index
from protocol.canonical import json_hash
from protocol.signing import expiry_id
from protocol.terms import Index as Bounds
from protocol.terms import InvalidTerms, Terms

LONGEST_SECONDS = 10 * 365 * 86_400
"""Of one window or delay. A deadline that no column holds would stop the whole book on the day it is set."""

_ADDRESS = re.compile(r"0x[0-9a-f]{40}")


class InvalidListing(ValueError):
    """What was to be listed is not valid; the text says why and what to do."""


def list_index(*, slug: str, spec: dict[str, Any]) -> Index:
    """List an index, or a new version of it where the spec differs. The same spec again is the same index."""
    try:
        problems = Bounds.from_json(spec).problems()
        index_id = json_hash(spec)
    except (InvalidTerms, ValueError) as error:
        raise InvalidListing(f"the spec of {slug}: {error}") from None
    if problems:
        raise InvalidListing(f"the spec of {slug}: {'; '.join(problems)}")
    with transaction.atomic():
        known = Index.objects.filter(id=index_id).first()
        if known is not None:
            return known
        version = Index.objects.filter(slug=slug).count() + 1
        return Index.objects.create(id=index_id, slug=slug, version=version, spec=spec)


def list_expiry(*, slug: str, index: Index, expiry_at: int, terms: Terms, now: int) -> Expiry:
    """List an expiry that lies ahead; its terms name our service key, so that our receipts are the ones that count."""
    problems = terms.problems() + _never_meant(terms)
    if terms.service != signer.service_address():
        problems.append(f"terms.service must be {signer.service_address()}, the key that signs here")
    if expiry_at <= now:
        problems.append(f"the expiry instant {expiry_at} is not ahead of now, {now}")
    if problems:
        raise InvalidListing(f"{slug}: {'; '.join(problems)}")
    document = terms.to_json()
    id_ = expiry_id(index.id, expiry_at, json_hash(document))
    try:
        return Expiry.objects.create(
            id=id_,
            slug=slug,
            index=index,
            expiry_at=expiry_at,
            opens_at=expiry_at + terms.report_delay,
            terms=document,
            head=id_,
        )
    except IntegrityError:
        raise InvalidListing(f"{slug}: this expiry, or one with this slug, is listed already") from None


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
