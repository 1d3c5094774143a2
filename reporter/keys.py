"""Keys come out of files that nobody else can read, and never show up anywhere."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

from protocol.hashing import to_hex
from protocol.signing import address_of, sign
from reporter.stop import Stop


class Key:
    """A private key: it signs, and shows nothing but its address."""

    def __init__(self, secret: str) -> None:
        self._secret = secret
        self.address = address_of(secret)

    def sign(self, digest: str) -> str:
        return sign(self._secret, digest)

    def sign_transaction(self, transaction: dict[str, Any]) -> str:
        """The bytes of a signed transaction, in hex."""
        # Only for who pays gas: they take longer to load than all else here.
        from eth_account import Account
        from eth_utils.address import to_checksum_address

        to = to_checksum_address(transaction["to"])
        return to_hex(bytes(Account.sign_transaction(transaction | {"to": to}, self._secret).raw_transaction))

    def __repr__(self) -> str:
        return f"<key of {self.address}>"


def load_key(path: Path) -> Key:
    """The key in a file of 64 hex digits, with or without 0x, that only its owner may read (mode 600 or stricter)."""
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        text = path.read_text(encoding="ascii").strip()
    except OSError as error:
        raise Stop(f"key file {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise Stop(f"key file {path}: it must hold 64 hex digits") from None
    if mode & 0o077:
        raise Stop(f"key file {path}: others may open it (mode {mode:o}); chmod 600 it")
    try:
        return Key("0x" + text.removeprefix("0x").lower())
    except ValueError:
        raise Stop(f"key file {path}: it must hold a private key of 64 hex digits") from None
