"""A pytest plugin, loaded before Django: settings for tests that want no service, where `make test` gave none.

With it `pytest tests/unit` works in any shell; whatever needs a service then fails to connect and says so.
"""

import os

_NOWHERE = {
    "SECRET_KEY": "only-for-tests-only-for-tests-only-for-tests",
    "ALLOWED_HOSTS": "testserver,localhost,127.0.0.1",
    "HTTPS": "0",
    "PUBLIC_URL": "http://testserver",
    "DATABASE_URL": "postgresql://nobody@localhost:1/run-make-test-instead",
    "DATABASE_ROLE": "none",
    "REDIS_URL": "redis://localhost:1/0",
    "RPC_URL": "http://localhost:1",
    "CHAIN_ID": "31337",
    "ORACLE_ADDRESS": "0x" + "0a" * 20,
    "FACTORY_ADDRESS": "0x" + "0b" * 20,
    "FEEDS_ADDRESS": "0x" + "0e" * 20,
    "ESCROW_ADDRESS": "0x" + "0d" * 20,
    "OPERATOR_DEPOSITS": "1",
    "TREASURY_ADDRESS": "0x" + "0c" * 20,
    "SERVICE_KEY": "0x" + "11" * 32,
    "LOG_LEVEL": "WARNING",
    "ACTS_PER_MINUTE": "0",
    "POSTS_PER_MINUTE": "0",
    "EVIDENCE_KIB_PER_MINUTE": "0",
    # Stories drive a time of their own.
    "CLOCK_TOLERANCE_SECONDS": "0",
    # A test is one transaction, which idles while the test waits for a process.
    "IDLE_TRANSACTION_SECONDS": "0",
}

for _name, _value in _NOWHERE.items():
    os.environ.setdefault(_name, _value)
os.environ["ALLOWED_HOSTS"] += ",testserver"
