"""manage.py doctor: one line for each thing, and what to do about those that are not well."""

import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from assize import doctor, grants
from assize.metrics.readings import Sample
from settlement.signers.local import write_keystore

pytestmark = pytest.mark.django_db
WELL = {
    "eth_chainId": hex(31337),
    "eth_getCode": "0x60",
    "eth_getBalance": hex(10**18),
    "eth_getBlockByNumber": {"timestamp": "0x0"},
}


@pytest.fixture
def node(settings: Any) -> Iterator[dict[str, Any]]:
    """A node that answers from this table."""
    answers = dict(WELL)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            body = json.dumps({"id": 1, "jsonrpc": "2.0", "result": answers[asked["method"]]}).encode()
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings.RPC_URL = f"http://127.0.0.1:{server.server_port}"
    settings.ORACLE_ADDRESS, settings.FACTORY_ADDRESS = "0x" + "0a" * 20, "0x" + "0b" * 20
    settings.PUBLISHER_KEY = "0x" + "22" * 32
    yield answers
    server.shutdown()
    server.server_close()


def line(name: str) -> tuple[bool, str]:
    return next((well, text) for found, well, text in doctor.examine() if found == name)


def test_doctor__all_well__every_line_is_ok(node: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor.time, "time", lambda: 1_000.0)
    monkeypatch.setattr(doctor, "CLOCK_SECONDS", 10**12)
    node["eth_getBlockByNumber"] = {"timestamp": hex(990)}
    assert [text for _, well, text in doctor.examine() if not well] == []


@pytest.mark.parametrize(
    ("method", "answer", "check", "words"),
    [
        ("eth_chainId", "0x1", "chain", "the node is on chain 1, CHAIN_ID is 31337; set RPC_URL or CHAIN_ID"),
        ("eth_getCode", "0x", "contracts", "no contract at ORACLE_ADDRESS"),
        ("eth_getBalance", "0x0", "funds", "has 0 wei; send it at least"),
        ("eth_getBlockByNumber", {"timestamp": "0x1"}, "clock", "the node is behind, or a clock is wrong"),
    ],
)
def test_doctor__the_chain_is_not_as_it_should_be__says_what_to_do(
    node: dict[str, Any], method: str, answer: Any, check: str, words: str
) -> None:
    node[method] = answer
    well, text = line(check)
    assert not well
    assert words in text


def test_doctor__no_address_yet__says_how_to_get_one(node: dict[str, Any], settings: Any) -> None:
    settings.ORACLE_ADDRESS = ""
    assert line("contracts") == (
        False,
        "ORACLE_ADDRESS is not known; run manage.py deploy_contracts, or set it",
    )


def test_doctor__nobody_answers__one_line_each_and_exit_code_1(
    settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.RPC_URL, settings.REDIS_URL = "http://127.0.0.1:1", "redis://127.0.0.1:1/0"
    with pytest.raises(SystemExit) as stopped:
        call_command("doctor")
    lines = capsys.readouterr().out.splitlines()
    assert stopped.value.code == 1
    assert len(lines) == len(doctor.CHECKS)
    assert {word.split()[1] for word in lines if word.startswith("FAIL")} >= {"broker", "chain", "contracts"}


def test_doctor__clocks_apart__fails(node: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor.time, "time", lambda: 1_000.0)
    well, text = line("clock")
    assert not well
    assert "apart from the database's; set both by NTP" in text


@pytest.mark.parametrize("table", ["oracle_index", "ledger_account"])
def test_doctor__a_right_too_many__fails_until_it_is_taken_back(
    app_role: str, settings: Any, table: str
) -> None:
    settings.DATABASE_ROLE = app_role
    assert line("append-only")[0]
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")
        right = "INSERT" if table in grants.READ_ONLY else "UPDATE"
        cursor.execute(f"GRANT {right} ON {table} TO {app_role}")
        cursor.execute(f"SET LOCAL ROLE {app_role}")
    assert line("append-only") == (False, f"{table} can be edited; run manage.py migrate, which sets the rights")


def test_doctor__a_bare_key__warns_and_says_whose(node: dict[str, Any]) -> None:
    well, text = line("signer")
    assert well
    assert text.startswith("0x") and "WARNING: its bare key is in the environment" in text
    assert "22" * 32 not in text


def test_doctor__no_signer_in_this_process__is_not_looked_at(node: dict[str, Any], settings: Any) -> None:
    settings.PUBLISHER_KEY = ""
    nothing = (True, "no signer is given to this process; not looked at")
    assert (line("signer"), line("funds")) == (nothing, nothing)


def test_doctor__web3signer__has_the_key_or_has_not(node: dict[str, Any], settings: Any) -> None:
    settings.PUBLISHER_KEY, settings.WEB3SIGNER_URL = "", settings.RPC_URL
    settings.PUBLISHER_ADDRESS = "0x" + "ab" * 20
    node["eth_accounts"] = ["0x" + "AB" * 20]
    assert line("signer") == (True, f"0x{'ab' * 20} by Web3Signer")
    node["eth_accounts"] = []
    assert line("signer") == (False, f"Web3Signer has no key for PUBLISHER_ADDRESS 0x{'ab' * 20}")
    settings.WEB3SIGNER_URL = "http://127.0.0.1:1"
    assert line("signer") == (False, "Web3Signer does not answer: ConnectionError; see WEB3SIGNER_URL")


def test_doctor__keystore__opens_or_says_why_not(node: dict[str, Any], settings: Any, tmp_path: Path) -> None:
    password, keystore = tmp_path / "password", tmp_path / "keystore"
    password.touch(mode=0o600)
    password.write_text("correct horse battery staple\n")
    settings.PUBLISHER_KEY, settings.PUBLISHER_KEYSTORE = "", keystore
    settings.PUBLISHER_KEYSTORE_PASSWORD_FILE = password
    assert line("signer") == line("funds") == (False, f"{keystore}: No such file or directory")
    address = write_keystore(keystore, "correct horse battery staple").address
    assert line("signer") == (True, f"{address} by a keystore file")
    assert line("funds") == (True, f"{address} has {10**18} wei")


def test_doctor__metrics__how_many_and_whether_somebody_can_read_them(node: dict[str, Any], settings: Any) -> None:
    well, text = line("metrics")
    assert well
    assert re.fullmatch(r"\d+ gauges in \d+ ms; nobody can read /metrics without METRICS_TOKEN", text)
    settings.METRICS_TOKEN = "t" * 32
    assert line("metrics")[1].endswith(" ms")


def test_doctor__the_database_is_too_slow_for_metrics__said(
    node: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "samples", lambda now: [Sample("assize_up", 0)])
    assert line("metrics") == (
        False, "the database does not give them within 2s for a statement; is it overloaded?",
    )  # fmt: skip
