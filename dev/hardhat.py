"""A second EVM node, Hardhat's (its EVM is EDR): only for tests that chain adapters are not anvil's alone.

Pinned with the hash of every package in dev/hardhat_node/package-lock.json, fetched once into `.assize/tools`.
"""

import hashlib
import os
import shutil
from pathlib import Path

from dev import npm
from dev.anvil import ACCOUNTS, CHAIN_ID, answers
from dev.folders import ROOT, TOOLS, RunFolder
from dev.ports import free_port
from dev.supervisor import Supervisor

SOURCES = ROOT / "dev" / "hardhat_node"


def start(supervisor: Supervisor, run: RunFolder, *, chain_id: int = CHAIN_ID, name: str = "hardhat") -> str:
    """Start it and return its RPC_URL. Each transaction makes its block until `evm_setAutomine` says otherwise."""
    port = free_port()
    home = run.folder(name)
    folder = installed()
    program = folder / "node_modules" / "hardhat" / "internal" / "cli" / "bootstrap.js"
    command = [npm.node(), str(program), "node", "--hostname", "127.0.0.1", "--port", str(port)]
    env = {
        **os.environ,
        "HOME": str(home),
        # It would ask on a terminal, and look for a newer version of itself.
        "HARDHAT_DISABLE_TELEMETRY_PROMPT": "true",
        "CI": "true",
        "ASSIZE_CHAIN_ID": str(chain_id),
        "ASSIZE_ACCOUNTS": str(ACCOUNTS),
    }
    supervisor.start(name, command, cwd=folder, env=env)
    url = f"http://127.0.0.1:{port}"
    supervisor.wait_until(lambda: answers(url), "hardhat")
    return url


def installed() -> Path:
    """The folder with the node in it, installed first if need be."""
    pins = hashlib.sha256((SOURCES / npm.LOCK).read_bytes()).hexdigest()
    folder = TOOLS / f"hardhat-{pins[:12]}"
    npm.install_locked(SOURCES, folder)
    shutil.copy(SOURCES / "hardhat.config.js", folder)
    return folder
