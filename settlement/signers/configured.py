"""The signer of the settings. A keystore is decrypted once in the life of a process, and the key kept."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from django.conf import settings

from settlement.signers.local import LocalSigner, open_keystore
from settlement.signers.signer import CannotSign, Signer
from settlement.signers.web3signer import Web3Signer


def configured() -> Signer:
    """Who pays for this process's transactions; CannotSign where the settings name nobody, or a file is wrong."""
    if settings.PUBLISHER_KEY:
        return _of_key(settings.PUBLISHER_KEY)
    if settings.PUBLISHER_KEYSTORE:
        return _of_keystore(settings.PUBLISHER_KEYSTORE, settings.PUBLISHER_KEYSTORE_PASSWORD_FILE)
    if settings.WEB3SIGNER_URL:
        return _web3signer(
            settings.WEB3SIGNER_URL,
            settings.PUBLISHER_ADDRESS,
            settings.WEB3SIGNER_CLIENT_CERTIFICATE,
            settings.WEB3SIGNER_CA,
        )
    raise CannotSign(
        "no signer is set (PUBLISHER_KEYSTORE, WEB3SIGNER_URL or PUBLISHER_KEY):"
        " this process cannot pay for transactions"
    )


@cache
def _of_key(key: str) -> Signer:
    return LocalSigner(key)


@cache
def _of_keystore(keystore: Path, password_file: Path) -> Signer:
    return open_keystore(keystore, password_file)


@cache
def _web3signer(url: str, address: str, client_certificate: Path | None, ca: Path | None) -> Signer:
    return Web3Signer(url, address, client_certificate=client_certificate, ca=ca)
