"""A Redis of our own. It keeps nothing on disk: Celery's messages are doorbells."""

import shutil
import sys
from pathlib import Path

from dev.folders import RunFolder
from dev.ports import free_port, listens
from dev.problem import Problem
from dev.supervisor import Supervisor


def start(supervisor: Supervisor, run: RunFolder) -> str:
    """Start it and return its REDIS_URL."""
    port = free_port()
    folder = run.folder("redis")
    command = [_binary(), "--bind", "127.0.0.1", "--port", str(port), "--dir", str(folder)]
    supervisor.start("redis", [*command, "--save", "", "--appendonly", "no"], cwd=folder)
    supervisor.wait_until(lambda: listens(port), "Redis")
    return f"redis://127.0.0.1:{port}/0"


def _binary() -> str:
    """The pinned package's server, else the system's."""
    packaged = Path(sys.prefix) / "bin" / "redis-server"
    found = str(packaged) if packaged.exists() else shutil.which("redis-server")
    if found is None:
        raise Problem("no redis-server for this machine: install one, or set REDIS_URL")
    return found
