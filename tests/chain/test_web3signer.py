"""Web3Signer over real HTTP: what it signs is read before it is believed, and it may lie, hang or talk nonsense."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from eth_utils.address import to_checksum_address

from dev import accounts
from settlement.chain.client import Call, Price
from settlement.models import ChainTransaction
from settlement.services.publishing import publish
from settlement.signers.local import LocalSigner
from settlement.signers.signer import CannotSign, Unsigned
from settlement.signers.web3signer import Web3Signer
from settlement.stages import PublicationStage
from tests.chain.conftest import World
from tests.chain.remote_signer import TLS, RemoteSigner, remote_signer
from tests.chain.test_publishing import assert_published_once, stage_of

KEY, OTHER_KEY = accounts.key(accounts.PUBLISHER), "0x" + "33" * 32
OTHER = to_checksum_address("0x" + "0b" * 20)
ASKED = Unsigned(31337, 7, Call("0x" + "0a" * 20, "0x1234", 0), Price(100_000, 10**10, 10**9))
CREATES = Unsigned(31337, 0, Call(None, "0x6000", 0), Price(100_000, 10**10, 10**9))


@pytest.fixture
def remote() -> Iterator[RemoteSigner]:
    with remote_signer(KEY) as signer:
        yield signer


def ours(remote: RemoteSigner, **options: Any) -> Web3Signer:
    return Web3Signer(remote.url, remote.address, timeout_seconds=1, **options)


@pytest.mark.parametrize("asked", [ASKED, CREATES])
def test_sign__as_asked__the_same_bytes_as_with_the_key_itself(remote: RemoteSigner, asked: Unsigned) -> None:
    assert ours(remote).sign(asked) == LocalSigner(KEY).sign(asked)
    assert ours(remote).accounts() == [remote.address]


def test_sign__what_it_is_asked__is_what_the_documentation_names(remote: RemoteSigner) -> None:
    ours(remote).sign(ASKED)
    (question,) = remote.asked
    assert (question["jsonrpc"], question["method"]) == ("2.0", "eth_signTransaction")
    assert question["params"] == [
        {
            "from": remote.address,
            "to": to_checksum_address("0x" + "0a" * 20),
            "chainId": "0x7a69",
            "nonce": "0x7",
            "value": "0x0",
            "data": "0x1234",
            "gas": hex(100_000),
            "maxFeePerGas": hex(10**10),
            "maxPriorityFeePerGas": hex(10**9),
        }
    ]


@pytest.mark.parametrize(
    "lie, named",
    [
        ({"nonce": 8}, "another nonce"),
        ({"chainId": 1}, "another chainId"),
        ({"to": OTHER}, "another to"),
        ({"data": "0x1235"}, "another data"),
        ({"value": 1}, "another value"),
        ({"gas": 100_001}, "another gas"),
        ({"maxFeePerGas": 10**11}, "another maxFeePerGas"),
        ({"maxPriorityFeePerGas": 10**9 + 1}, "another maxPriorityFeePerGas"),
        ({"nonce": 8, "data": "0x"}, "another data, nonce"),
        ({"accessList": [{"address": OTHER, "storageKeys": []}]}, "it has an access list"),
    ],
)
def test_sign__it_signs_something_else__not_believed(remote: RemoteSigner, lie: dict[str, Any], named: str) -> None:
    remote.lie = lambda transaction: transaction | lie
    with pytest.raises(CannotSign, match=named):
        ours(remote).sign(ASKED)


def test_sign__it_signs_with_another_key__not_believed(remote: RemoteSigner) -> None:
    remote.signs_with = OTHER_KEY
    with pytest.raises(CannotSign, match=f"is signed by {LocalSigner(OTHER_KEY).address}, not by {remote.address}"):
        ours(remote).sign(ASKED)


def test_sign__it_is_set_to_another_chain__not_believed(remote: RemoteSigner) -> None:
    remote.chain_id = 1
    with pytest.raises(CannotSign, match="another chainId than what was asked"):
        ours(remote).sign(ASKED)


def test_sign__it_has_no_such_key__says_so(remote: RemoteSigner) -> None:
    stranger = Web3Signer(remote.url, LocalSigner(OTHER_KEY).address)
    with pytest.raises(CannotSign, match='Web3Signer refuses: The "from" address is not an unlocked account'):
        stranger.sign(ASKED)


@pytest.mark.parametrize(
    "answer",
    [
        *(b"", b"\xff\xfe", b"<html>", b"null", b"[]", b"{}", b'{"result": null}', b'{"result": 7}'),
        *(b'{"result": "0x"}', b'{"result": "0x02"}', b'{"result": "0x02c0"}', b'{"result": "lies"}'),
        *(b'{"result": {}}', b'{"error": "no"}', b'{"error": {"code": 1}}', b'{"error": []}'),
        b'{"result": "0x' + b"02" * 100_000 + b'"}',
    ],
)
@pytest.mark.parametrize("status", [200, 302, 500])
def test_sign__it_answers_garbage__cannot_sign(remote: RemoteSigner, answer: bytes, status: int) -> None:
    remote.answer, remote.status = answer, status
    with pytest.raises(CannotSign):
        ours(remote).sign(ASKED)
    with pytest.raises(CannotSign):
        ours(remote).accounts()


def test_sign__it_hangs__gives_up_in_time(remote: RemoteSigner) -> None:
    remote.hangs_seconds = 3
    began = time.monotonic()
    with pytest.raises(CannotSign, match="Web3Signer does not answer: ReadTimeout"):
        ours(remote).sign(ASKED)
    assert time.monotonic() - began < 2.5


def test_sign__nobody_there__does_not_tell_the_address(remote: RemoteSigner) -> None:
    with pytest.raises(CannotSign) as refused:
        Web3Signer("http://user:secret@127.0.0.1:1", remote.address).sign(ASKED)
    assert str(refused.value) == "Web3Signer does not answer: ConnectionError"


def test_tls__with_our_certificate__signs__without_or_with_a_stranger_s__does_not() -> None:
    with remote_signer(KEY, tls=True) as remote:
        known = ours(remote, ca=TLS / "ca.pem", client_certificate=TLS / "client.pem")
        assert known.sign(ASKED) == LocalSigner(KEY).sign(ASKED)
        for options in ({"ca": TLS / "ca.pem"}, {"client_certificate": TLS / "client.pem"}):
            with pytest.raises(CannotSign, match="Web3Signer does not answer: "):
                ours(remote, **options).sign(ASKED)


def test_tls__certificates_that_are_not_there__cannot_sign() -> None:
    with remote_signer(KEY, tls=True) as remote, pytest.raises(CannotSign, match="Web3Signer does not answer: OSError"):
        ours(remote, ca=Path("/nowhere/ca.pem")).sign(ASKED)


@pytest.fixture
def by_web3signer(world: World, remote: RemoteSigner, settings: Any) -> World:
    settings.PUBLISHER_KEY = ""
    settings.WEB3SIGNER_URL, settings.PUBLISHER_ADDRESS = remote.url, remote.address
    return world


def test_publish__by_web3signer__final(by_web3signer: World, remote: RemoteSigner) -> None:
    publication, now = by_web3signer.signed()
    assert_published_once(by_web3signer, publication, now)
    assert ChainTransaction.objects.get().sender == remote.address
    assert [each["method"] for each in remote.asked] == ["eth_signTransaction"]


def test_publish__web3signer_lies__waits_with_nothing_stored_until_it_does_not(
    by_web3signer: World, remote: RemoteSigner
) -> None:
    publication, now = by_web3signer.signed()
    remote.lie = lambda transaction: transaction | {"to": OTHER}
    publish(now=now)
    assert stage_of(publication) == PublicationStage.SIGNED
    assert publication.reason == "the signer's answer has another to than what was asked"
    remote.answer = b"nonsense"
    publish(now=now)
    assert stage_of(publication) == PublicationStage.SIGNED
    assert publication.reason == "Web3Signer's answer is not JSON"
    assert not ChainTransaction.objects.exists()
    remote.answer, remote.lie = None, lambda transaction: transaction
    assert_published_once(by_web3signer, publication, now)
