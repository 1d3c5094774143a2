"""The call that a purpose stands for, rebuilt from rows: `publication:12`, `root:3`, `series:7`, `feed:0x..`, and what
two people have asked for (proposed_calls.py): `cancel:5`, `reward:8`, `set:9`, `apply:9`.

Whoever asks for a transaction names a purpose, never a call, so that nothing is signed that the database does not say.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.conf import settings

from oracle import signer
from oracle.models import Act, Expiry
from protocol import signing
from protocol.stages import Stage
from settlement.chain import contracts, quorum
from settlement.chain.client import Connection
from settlement.chain.escrow import escrow
from settlement.chain.feeds import feeds
from settlement.models import AttestorSignature, Publication, Root, RootSignature
from settlement.series_models import SeriesBatch
from settlement.services import proposed_calls, publications, roots
from settlement.services.feeds import decimals_of
from settlement.services.sending import operators_call
from settlement.services.series import batch_call
from settlement.signers.policy import Rebuilt, Said

Signature = AttestorSignature | RootSignature


def call_for(client: Connection, purpose: str) -> Rebuilt:
    """The call of a purpose as the rows have it now, with signatures of the attestors that a quorum names now.

    May raise a ChainError.
    """
    kind, _, name = purpose.partition(":")
    return _REBUILD[kind](client, purpose, name)


def countable(rows: Iterable[Signature], members: Sequence[str], threshold: int) -> list[Signature]:
    """The first signatures of today's set that came, in the order that the contract wants, no more than it needs.

    The first: one that comes later must not change a call that has been signed already.
    """
    ours = [row for row in sorted(rows, key=lambda row: row.pk) if row.attestor in members]
    return sorted(ours[:threshold], key=lambda row: row.attestor)


def _publication(client: Connection, purpose: str, name: str) -> Rebuilt:
    publication = Publication.objects.get(pk=int(name))
    items = publications.items_of(publication)
    message = publications.message_of(items)
    oracle = contracts.oracle(client)
    members, threshold = quorum.oracle(client.nodes).attestors()
    rows = countable(publication.signatures.all(), members, threshold)
    return Rebuilt(
        purpose,
        oracle.submit(message["items"], _signatures(rows)),
        settings.ORACLE_ADDRESS,
        contracts.selector("PriceOracle", "submit"),
        items={item.expiry_id: Said(item.price, item.transcript, item.payouts) for item in items},
        book=_book([item.expiry_id for item in items]),
        signed_by=_signers("Attestations", message, rows),
        members=tuple(members),
        threshold=threshold,
    )


def _root(client: Connection, purpose: str, name: str) -> Rebuilt:
    root = Root.objects.get(pk=int(name))
    message = roots.message_of(root)
    members, threshold = quorum.oracle(client.nodes).attestors()
    rows = countable(root.signatures.all(), members, threshold)
    return Rebuilt(
        purpose,
        escrow(client).post_root(**message, signatures=_signatures(rows)),
        settings.ESCROW_ADDRESS,
        contracts.selector("Escrow", "post_root"),
        signed_by=_signers("Root", message, rows),
        members=tuple(members),
        threshold=threshold,
    )


def _series(client: Connection, purpose: str, name: str) -> Rebuilt:
    batch = SeriesBatch.objects.select_related("expiry", "proposal").get(pk=int(name))
    return operators_call("series", purpose, batch_call(client, batch), batch.proposal)


def _feed(client: Connection, purpose: str, name: str) -> Rebuilt:
    expiry = Expiry.objects.select_related("index").get(pk=name)
    return operators_call("feed", purpose, feeds(client).create(expiry.id, decimals_of(expiry)))


_REBUILD: dict[str, Callable[[Connection, str, str], Rebuilt]] = {
    "publication": _publication,
    "root": _root,
    "series": _series,
    "feed": _feed,
    "cancel": proposed_calls.cancel,
    "reward": proposed_calls.reward,
    "set": proposed_calls.propose_set,
    "apply": proposed_calls.apply_set,
}


def _signatures(rows: Sequence[Signature]) -> list[str]:
    """As they stand in the rows; none where a row holds no hex, which the policy then refuses by `signatures`."""
    return [row.signature if re.fullmatch("0x([0-9a-f]{2}){65}", row.signature) else "0x" for row in rows]


def _signers(kind: str, message: dict[str, Any], rows: Sequence[Signature]) -> tuple[str, ...]:
    """Who signed exactly this message, by the signatures alone: not whom the rows name."""
    digest = signer.digest(kind, message)
    return tuple(_recovered(digest, row.signature) for row in rows)


def _recovered(digest: str, signature: str) -> str:
    """Whose signature this is; nobody's where it is none."""
    try:
        return signing.recover(digest, signature)
    except signing.BadSignature:
        return "nobody"


def _book(expiries: Sequence[str]) -> dict[str, Said]:
    """What the book says of those that are FINAL: its entry, under the service's signature, and the fold's columns.

    Where the two differ somebody has written past the code, and neither is believed.
    """
    found = {}
    entries = Act.objects.filter(kind="Final", expiry__in=expiries, expiry__stage=Stage.FINAL)
    for entry in entries.select_related("expiry"):
        expiry = entry.expiry
        assert expiry is not None, "a Final names its expiry"
        try:
            message = signing.parse("Final", entry.message)
        except ValueError:
            continue
        by = [_recovered(signer.digest("Final", message), each) for each in entry.signatures]
        columns = (expiry.id, expiry.price, expiry.head)
        if by == [expiry.terms["service"]] and columns == (message["expiry"], message["price"], entry.head):
            found[expiry.id] = Said(message["price"], expiry.head, message["payouts"])
    return found
