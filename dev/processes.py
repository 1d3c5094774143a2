"""What `make run` and `make demo` keep running, and what is done once before. Read it as a table."""

import sys
from dataclasses import dataclass, field
from pathlib import Path

from dev import accounts
from dev.services import signer

BIN = Path(sys.prefix) / "bin"
MANAGE = (sys.executable, "manage.py")
CELERY = (str(BIN / "celery"), "-A", "assize")


@dataclass(frozen=True)
class Process:
    """One program: its command, and what only it is told."""

    name: str
    command: tuple[str, ...]
    secrets: dict[str, str] = field(default_factory=dict)


def before(cancel_seconds: int) -> list[Process]:
    """Done once, in this order, each to its end."""
    return [
        Process("migrate", (*MANAGE, "migrate", "--verbosity", "1")),
        Process(
            "deploy",
            (*MANAGE, "deploy_contracts", *_sets(cancel_seconds)),
            signer(),
        ),
    ]


def web(port: int) -> tuple[str, ...]:
    """The web process. With --threads gunicorn's workers are threaded: a stream of events holds one thread, not all."""
    gunicorn = (str(BIN / "gunicorn"), "assize.wsgi", "--bind", f"127.0.0.1:{port}")
    return (*gunicorn, "--workers", "2", "--threads", "8", "--no-control-socket")


def running(port: int, folder: Path, rpc_url: str) -> list[Process]:
    """All that stays up. The web process comes first: the attestors ask it."""
    address = f"127.0.0.1:{port}"
    worker = (
        *CELERY,
        "worker",
        "--concurrency",
        "2",
        "--loglevel",
        "INFO",
        "--without-gossip",
        "--without-mingle",
    )
    return [
        Process("web", web(port)),
        Process("worker", worker, signer()),
        # Beat deletes a schedule file that it cannot read, and makes it anew: only ever a file of this run's own.
        Process("beat", (*CELERY, "beat", "--schedule", str(folder / "beat-schedule"))),
        *(
            _attestor(f"attestor-{number}", folder, f"http://{address}", rpc_url, accounts.key(index))
            for number, index in enumerate(accounts.ATTESTORS, start=1)
        ),
    ]


def _attestor(name: str, folder: Path, url: str, rpc_url: str, key: str) -> Process:
    """A program of its own, with a key in a file and a memory that nobody else writes."""
    own = folder / name
    own.mkdir(mode=0o700)
    (own / "key").touch(mode=0o600)
    (own / "key").write_text(key + "\n")
    command = [sys.executable, "-m", "reporter", "attest", "--url", url, "--rpc-url", rpc_url]
    command += ["--depth", "2"]  # of FINALITY_DEPTH, which is short here as well
    command += ["--key-file", str(own / "key"), "--state-dir", str(own / "state")]
    return Process(name, tuple(command))


def _sets(cancel_seconds: int) -> tuple[str, ...]:
    """Who may attest and who may cancel on the development chain, and how long that takes."""
    return (
        *("--attestors", accounts.addresses(accounts.ATTESTORS)),
        *("--attestor-threshold", str(accounts.ATTESTOR_THRESHOLD)),
        *("--guardians", accounts.addresses(accounts.GUARDIANS)),
        *("--guardian-threshold", str(accounts.GUARDIAN_THRESHOLD)),
        *("--delay", str(cancel_seconds), "--set-delay", str(2 * cancel_seconds)),
        *("--escrow-delay", str(cancel_seconds), "--exit-delay", "600"),
    )
