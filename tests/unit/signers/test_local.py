"""Keystore files, and signed bytes that are read back."""

from __future__ import annotations

import json
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account

from settlement.chain.client import Call, Price
from settlement.signers.local import LocalSigner, open_keystore, write_keystore
from settlement.signers.signer import CannotSign, Unsigned, believed, read

KEY, OTHER_KEY = "0x" + "22" * 32, "0x" + "33" * 32
PASSWORD = "correct horse battery staple"
ASKED = Unsigned(31337, 7, Call("0x" + "0a" * 20, "0x1234", 0), Price(100_000, 10**10, 10**9))


@pytest.fixture(autouse=True, scope="module")
def quick_scrypt() -> Any:
    """Real files take a second to open, on purpose; these do not."""
    with pytest.MonkeyPatch.context() as patch:
        encrypt = Account.encrypt
        patch.setattr(Account, "encrypt", lambda key, password: encrypt(key, password, iterations=2))
        yield


@pytest.fixture
def keystore(tmp_path: Path) -> Path:
    write_keystore(tmp_path / "keystore.json", PASSWORD, KEY)
    return tmp_path / "keystore.json"


@pytest.fixture
def password_file(tmp_path: Path) -> Path:
    return with_password(tmp_path / "password", PASSWORD)


def with_password(file: Path, password: str) -> Path:
    file.touch(mode=0o600)
    file.write_text(password + "\n")
    return file


def test_keystore__with_its_password__signs_as_the_key(keystore: Path, password_file: Path) -> None:
    signer = open_keystore(keystore, password_file)
    assert signer.address == LocalSigner(KEY).address
    assert signer.sign(ASKED) == LocalSigner(KEY).sign(ASKED)
    assert KEY[2:] not in keystore.read_text() + repr(signer)
    assert stat.S_IMODE(keystore.stat().st_mode) == 0o600


def test_keystore__a_fresh_one__is_another_key_each_time(tmp_path: Path, password_file: Path) -> None:
    made = [write_keystore(tmp_path / name, PASSWORD) for name in ("a", "b")]
    assert made[0].address != made[1].address
    assert open_keystore(tmp_path / "a", password_file).address == made[0].address


def test_keystore__there_already__is_not_overwritten(keystore: Path) -> None:
    before = keystore.read_text()
    with pytest.raises(FileExistsError):
        write_keystore(keystore, PASSWORD)
    assert keystore.read_text() == before


def test_keystore__wrong_password__one_line_without_it(keystore: Path, tmp_path: Path) -> None:
    with pytest.raises(CannotSign) as refused:
        open_keystore(keystore, with_password(tmp_path / "wrong", "hunter2"))
    assert str(refused.value) == f"{keystore}: the password is wrong"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620])
def test_password_file__others_may_open_it__refused(keystore: Path, password_file: Path, mode: int) -> None:
    password_file.chmod(mode)
    with pytest.raises(CannotSign, match="others may open it .* chmod 600 it"):
        open_keystore(keystore, password_file)


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{}", '{"address": "0x00", "version": 1, "crypto": {}}', '{"address": 1, "version": 3}', "\udcff"],
)
def test_keystore__no_v3_file__one_line(tmp_path: Path, password_file: Path, content: str) -> None:
    file = tmp_path / "nonsense"
    file.write_bytes(content.encode(errors="surrogateescape"))
    with pytest.raises(CannotSign, match=r"nonsense: it is no (V3 keystore file|text)"):
        open_keystore(file, password_file)


def test_keystore__names_another_address__refused(keystore: Path, password_file: Path) -> None:
    content = json.loads(keystore.read_text())
    keystore.write_text(json.dumps(content | {"address": "ab" * 20}))
    with pytest.raises(CannotSign, match="it says that it holds the key of 0xabab"):
        open_keystore(keystore, password_file)


def test_keystore__files_that_are_not_there__says_which(keystore: Path, password_file: Path, tmp_path: Path) -> None:
    with pytest.raises(CannotSign, match="gone: No such file"):
        open_keystore(tmp_path / "gone", password_file)
    with pytest.raises(CannotSign, match="gone: No such file"):
        open_keystore(keystore, tmp_path / "gone")


def test_read__what_was_signed__comes_back_with_its_author() -> None:
    signed = LocalSigner(KEY).sign(ASKED)
    assert read(signed.raw) == (ASKED, LocalSigner(KEY).address)


@pytest.mark.parametrize("changes, named", [
    ({"nonce": 8}, "nonce"),
    ({"chain_id": 1}, "chainId"),
    ({"call": Call("0x" + "0b" * 20, "0x1234", 0)}, "to"),
    ({"call": Call(None, "0x1234", 0)}, "to"),
    ({"call": Call("0x" + "0a" * 20, "0x1235", 0)}, "data"),
    ({"call": Call("0x" + "0a" * 20, "0x1234", 1)}, "value"),
    ({"price": Price(100_001, 10**10, 10**9)}, "gas"),
    ({"price": Price(100_000, 10**10 + 1, 10**9)}, "maxFeePerGas"),
    ({"price": Price(100_000, 10**10, 10**9 + 1)}, "maxPriorityFeePerGas"),
])  # fmt: skip
def test_believed__another_field_than_asked__refused(changes: dict[str, Any], named: str) -> None:
    signer = LocalSigner(KEY)
    raw = signer.sign(replace(ASKED, **changes)).raw
    with pytest.raises(CannotSign, match=f"the signer's answer has another {named} than what was asked"):
        believed(raw, ASKED, signer.address)


def test_believed__another_key__refused() -> None:
    with pytest.raises(CannotSign, match="is signed by 0x.*, not by"):
        believed(LocalSigner(OTHER_KEY).sign(ASKED).raw, ASKED, LocalSigner(KEY).address)


def legacy() -> str:
    fields = {name: value for name, value in ASKED.fields().items() if not name.startswith(("max", "type"))}
    return "0x" + bytes(Account.sign_transaction(fields | {"gasPrice": 10**10}, KEY).raw_transaction).hex()


def with_access_list() -> str:
    listed = {"accessList": [{"address": "0x" + "0a" * 20, "storageKeys": []}]}
    return "0x" + bytes(Account.sign_transaction(ASKED.fields() | listed, KEY).raw_transaction).hex()


GOOD = LocalSigner(KEY).sign(ASKED).raw


@pytest.mark.parametrize(
    "raw",
    [
        *("", "0x", "0x02", "0x02zz", GOOD.upper(), GOOD[2:], GOOD[:-2], GOOD + "00", "0x03" + GOOD[4:]),
        legacy(),
        with_access_list(),
    ],
)
def test_believed__no_such_transaction__refused(raw: str) -> None:
    with pytest.raises(CannotSign, match="the signer's answer: it "):
        believed(raw, ASKED, LocalSigner(KEY).address)
