"""A key in this process: decrypted once out of a keystore file, or given by the environment."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

from eth_account import Account

from protocol.hashing import to_hex
from settlement.signers.signer import CannotSign, Signed, Unsigned, believed


class LocalSigner:
    """Signs with a private key that never leaves it."""

    def __init__(self, key: str) -> None:
        self._account = Account.from_key(key)
        self.address = str(self._account.address).lower()

    def sign(self, unsigned: Unsigned) -> Signed:
        """Exactly this, signed."""
        signed = self._account.sign_transaction(unsigned.fields())
        return believed(to_hex(bytes(signed.raw_transaction)), unsigned, self.address)

    def __repr__(self) -> str:
        return f"<signer {self.address}>"


def open_keystore(keystore: Path, password_file: Path) -> LocalSigner:
    """The key of a V3 keystore file. It takes a second (scrypt). CannotSign says what is wrong with which file.

    The password is the first line of a file that only its owner can open.
    """
    if mode := stat.S_IMODE(_stat(password_file).st_mode) & 0o077:
        raise CannotSign(f"{password_file}: others may open it (mode ..{mode:02o}); chmod 600 it")
    password = _text(password_file).split("\n", 1)[0]
    try:
        content = json.loads(_text(keystore))
        named = str(content["address"]).lower().removeprefix("0x")
        signer = LocalSigner(to_hex(bytes(Account.decrypt(content, password))))
    except (ValueError, KeyError, TypeError, AttributeError, NotImplementedError) as error:
        what = "the password is wrong" if "MAC" in str(error) else "it is no V3 keystore file"
        raise CannotSign(f"{keystore}: {what}") from None
    if signer.address != f"0x{named}":
        raise CannotSign(f"{keystore}: it says that it holds the key of 0x{named}, but it is that of {signer.address}")
    return signer


def write_keystore(file: Path, password: str, key: str | None = None) -> LocalSigner:
    """A fresh key, or the one given, encrypted into a new file of mode 600. FileExistsError rather than overwrite."""
    account = Account.create() if key is None else Account.from_key(key)
    content = json.dumps(Account.encrypt(account.key, password))
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as out:
        out.write(content + "\n")
    return LocalSigner(to_hex(bytes(account.key)))


def _stat(file: Path) -> os.stat_result:
    try:
        return file.stat()
    except OSError as error:
        raise CannotSign(f"{file}: {error.strerror}") from None


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise CannotSign(f"{file}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise CannotSign(f"{file}: it is no text") from None
