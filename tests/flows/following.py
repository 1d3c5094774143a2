"""Somebody who follows the book over HTTP, and must come to what the database holds."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import requests
from django.conf import settings
from django.test import Client

from ledger import names, selectors
from ledger.dues import dues
from ledger.models import Account, Transfer
from oracle.models import Expiry
from protocol.book import Book
from protocol.escrow import Leaf
from protocol.signing import Domain
from protocol.transcript import verify
from reporter.attest.follower import Follower
from reporter.attest.store import Store
from reporter.service import Service


class DjangoSession(requests.Session):
    """Requests that go into the web application of this process, without a socket."""

    def __init__(self) -> None:
        super().__init__()
        self.client = Client()

    def request(  # type: ignore[override]
        self, method: str | bytes, url: str | bytes, params: Any = None, json: Any = None, **others: Any
    ) -> requests.Response:
        path = str(url).removeprefix("http://service.test")
        if method == "GET":
            # As requests does it: what is None is left out.
            answer = self.client.get(path, {k: v for k, v in (params or {}).items() if v is not None})
        else:
            answer = self.client.post(path, json, content_type="application/json")
        response = requests.Response()
        response.status_code = answer.status_code
        response._content = answer.content
        return response


def service() -> Service:
    return Service("http://service.test", DjangoSession())


def follower(folder: Path, started: int = 0) -> Follower:
    """An attestor's follower of this process's service, as the program makes it."""
    found = service()
    about = found.about()
    domain = Domain(int(about["chain_id"]), about["oracle"])
    return Follower(found, Store(folder), Book(domain, about["service"], int(about["unbonding_delay"])), started)


def assert_followed(now: int) -> Book:
    """Fold the published book at unix second `now`; every balance and every expiry must be the database's."""
    with tempfile.TemporaryDirectory() as folder:
        follow = follower(Path(folder))
        follow.poll(now)
        follow.store.close()
    assert follow.broken is None, follow.broken
    book = follow.book
    book.pass_time(now)  # as the service has
    book.accounts.assert_conserved()
    addresses = {name.split(":")[1] for name in Account.objects.values_list("name", flat=True) if ":0x" in name}
    for address in (each for each in addresses if len(each) == 42):
        held, stored = book.accounts.of(address), selectors.balances(address)
        for name in ("free", "stake", "unbonding"):
            assert getattr(held, name) == stored[name], f"{name} of {address}"
        claimed = paid(names.withdrawing(address))  # which is no entry of the book
        assert held.withdrawing == stored["withdrawing"] + claimed, f"withdrawing of {address}"
    assert book.accounts.treasury == selectors.balance(names.TREASURY) + paid(names.TREASURY)
    _assert_same_leaves(book)
    for expiry in Expiry.objects.filter(acts__gt=0):
        _assert_same(book, expiry)
    return book


def paid(account: str) -> int:
    """Wei that the escrow has paid out of an account of the ledger."""
    return sum(Transfer.objects.filter(debit=account, reason="withdrawn").values_list("amount", flat=True))


def _assert_same_leaves(book: Book) -> None:
    """What the escrow owes by the entries is what it owes by the balances, and all of it was deposited."""
    treasury = settings.TREASURY_ADDRESS
    seq, rows = dues(treasury)
    leaves = book.dues.leaves(seq, treasury)
    assert leaves == {row.account: Leaf(*row) for row in rows}
    assert sum(leaf.entitled for leaf in leaves.values()) == sum(leaf.deposited for leaf in leaves.values())
    assert all(0 <= leaf.withdrawable <= leaf.entitled for leaf in leaves.values())


def _assert_same(book: Book, expiry: Expiry) -> None:
    verdict = verify(service().transcript(expiry.id))
    assert verdict.passed, str(verdict)
    known = book.expiries[expiry.id]
    assert known.head == expiry.head
    for name in ("deadline", "round", "ballot", "standing", "price", "final_at", "electorate_weight"):
        assert getattr(known.state, name) == getattr(expiry, name), f"{name} of {expiry.slug}"
    assert known.state.stage == expiry.stage
    assert book.accounts.locked.get(expiry.id, 0) == selectors.balance(names.expiry(expiry.id))
