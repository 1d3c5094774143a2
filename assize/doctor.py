"""What `manage.py doctor` looks at. Each check returns what it found, or raises `Ill` with what to do."""

import sys
import time
from collections.abc import Callable

import redis
from django.conf import settings
from django.db import DatabaseError, connection, connections
from django.db.migrations.executor import MigrationExecutor

from assize import grants
from assize.metrics.collector import PATIENCE, samples
from assize.rpc import call
from settlement.signers.configured import configured
from settlement.signers.signer import CannotSign, Signer
from settlement.signers.web3signer import Web3Signer

OLDEST_POSTGRESQL = 140_000
CLOCK_SECONDS = 2
HEAD_SECONDS = 120
CONTRACTS = {
    "ORACLE_ADDRESS": "oracle",
    "FACTORY_ADDRESS": "factory",
    "FEEDS_ADDRESS": "feeds",
    "ESCROW_ADDRESS": "escrow",
}


class Ill(Exception):
    """What is wrong and what to do about it, in one line."""


def versions() -> str:
    """Python is one that the pins were resolved for."""
    found = sys.version.split()[0]
    if not (3, 11) <= sys.version_info[:2] <= (3, 13):
        raise Ill(f"Python {found}; install 3.11, 3.12 or 3.13")
    return f"Python {found}"


def database() -> str:
    """PostgreSQL answers, is new enough, and we work as the role that owns nothing."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version_num')::int, current_user")
        version, user = cursor.fetchone()
    if version < OLDEST_POSTGRESQL:
        raise Ill(f"PostgreSQL {version // 10_000}; install {OLDEST_POSTGRESQL // 10_000} or newer")
    if settings.DATABASE_ROLE != "none" and user != settings.DATABASE_ROLE:
        raise Ill(f"works as {user}, not as {settings.DATABASE_ROLE}; run manage.py migrate")
    return f"PostgreSQL {version // 10_000} as {user}"


def migrations() -> str:
    """None is waiting."""
    executor = MigrationExecutor(connections["owner" if "owner" in connections else "default"])
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if waiting:
        raise Ill(f"{len(waiting)} are waiting; run manage.py migrate")
    return "none waiting"


def append_only() -> str:
    """The app's role can add to the tables that are never edited, and no more; to some not even that."""
    with connection.cursor() as cursor:
        known = grants.APPEND_ONLY | grants.READ_ONLY
        present = set(connection.introspection.table_names(cursor)) & known
        for table in sorted(present):
            forbidden = "UPDATE, DELETE, TRUNCATE" + (", INSERT" if table in grants.READ_ONLY else "")
            cursor.execute("SELECT has_table_privilege(current_user, %s, %s)", [table, forbidden])
            if cursor.fetchone()[0] and settings.DATABASE_ROLE != "none":
                raise Ill(f"{table} can be edited; run manage.py migrate, which sets the rights")
    return ", ".join(sorted(present)) or "no such table yet"


def broker() -> str:
    """Redis answers."""
    url = settings.REDIS_URL.replace("redis+socket://", "unix://", 1)
    try:
        found = redis.Redis.from_url(url, socket_timeout=5).info("server")
    except redis.RedisError as problem:
        raise Ill(f"Redis does not answer at REDIS_URL: {problem}") from problem
    return f"Redis {found['redis_version']}"


def chain() -> str:
    """The node is on our chain."""
    found = int(call(settings.RPC_URL, "eth_chainId"), 16)
    if found != settings.CHAIN_ID:
        raise Ill(f"the node is on chain {found}, CHAIN_ID is {settings.CHAIN_ID}; set RPC_URL or CHAIN_ID")
    return f"chain {found}"


def contracts() -> str:
    """There is code at all addresses."""
    for name in CONTRACTS:
        address = getattr(settings, name)
        if not address:
            raise Ill(f"{name} is not known; run manage.py deploy_contracts, or set it")
        if call(settings.RPC_URL, "eth_getCode", address, "latest") == "0x":
            raise Ill(f"no contract at {name} {address}; wrong address, or the wrong chain")
    return ", ".join(f"{word} {getattr(settings, name)}" for name, word in CONTRACTS.items())


def signer() -> str:
    """Who pays for transactions can sign: the keystore opens, Web3Signer has the key."""
    found = _signer()
    if found is None:
        return "no signer is given to this process; not looked at"
    if settings.PUBLISHER_KEY:
        return f"{found.address}; WARNING: its bare key is in the environment, which is for development only"
    if isinstance(found, Web3Signer):
        try:
            accounts = found.accounts()
        except CannotSign as error:
            raise Ill(f"{error}; see WEB3SIGNER_URL") from None
        if found.address not in accounts:
            raise Ill(f"Web3Signer has no key for PUBLISHER_ADDRESS {found.address}")
        return f"{found.address} by Web3Signer"
    return f"{found.address} by a keystore file"


def _signer() -> Signer | None:
    if not any(getattr(settings, name) for name in settings.SIGNERS):
        return None
    try:
        return configured()
    except CannotSign as error:
        raise Ill(str(error)) from None


def funds() -> str:
    """The publisher can pay for its transactions."""
    found = _signer()
    if found is None:
        return "no signer is given to this process; not looked at"
    address = found.address
    wei = int(call(settings.RPC_URL, "eth_getBalance", address, "latest"), 16)
    if wei < settings.PUBLISHER_LEAST_WEI:
        raise Ill(f"{address} has {wei} wei; send it at least {settings.PUBLISHER_LEAST_WEI}")
    return f"{address} has {wei} wei"


def clock() -> str:
    """The database's clock and the chain's agree with ours."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT extract(epoch FROM clock_timestamp())::bigint")
        apart = abs(cursor.fetchone()[0] - int(time.time()))
    if apart > CLOCK_SECONDS:
        raise Ill(f"{apart} s apart from the database's; set both by NTP")
    head = call(settings.RPC_URL, "eth_getBlockByNumber", "latest", False)
    age = int(time.time()) - int(head["timestamp"], 16)
    if abs(age) > HEAD_SECONDS:
        raise Ill(f"the newest block is {age} s old; the node is behind, or a clock is wrong")
    return f"{apart} s from the database's, {age} s from the newest block"


def metrics() -> str:
    """The database gives every gauge in time; who scrapes needs a token."""
    started = time.monotonic()
    found = {sample.name: sample.value for sample in samples(now=int(time.time()))}
    if not found["assize_up"]:
        raise Ill(f"the database does not give them within {PATIENCE} for a statement; is it overloaded?")
    told = f"{len(found)} gauges in {(time.monotonic() - started) * 1_000:.0f} ms"
    return told if settings.METRICS_TOKEN else f"{told}; nobody can read /metrics without METRICS_TOKEN"


CHECKS: dict[str, Callable[[], str]] = {
    "versions": versions,
    "database": database,
    "migrations": migrations,
    "append-only": append_only,
    "broker": broker,
    "chain": chain,
    "contracts": contracts,
    "signer": signer,
    "funds": funds,
    "clock": clock,
    "metrics": metrics,
}


def examine() -> list[tuple[str, bool, str]]:
    """Every check's name, whether it passed, and its line. One that fails hides none of the others."""
    lines = []
    for name, check in CHECKS.items():
        try:
            lines.append((name, True, check()))
        except Ill as ill:
            lines.append((name, False, str(ill)))
        except DatabaseError as problem:
            lines.append(
                (name, False, f"the database says: {' '.join(str(problem).split())}; see DATABASE_URL")
            )
        except (OSError, ValueError) as problem:
            lines.append((name, False, f"the node does not answer: {problem}; see RPC_URL"))
    return lines
