"""An EVM chain of our own: anvil, fetched once by npm into `.assize/tools` and then run directly."""

import json
import os
import platform
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from dev import npm
from dev.folders import TOOLS, RunFolder
from dev.ports import free_port
from dev.problem import Problem
from dev.supervisor import Supervisor

VERSION = "1.7.1"
CHAIN_ID = 31337
ACCOUNTS = 40


def start(
    supervisor: Supervisor,
    run: RunFolder,
    *,
    chain_id: int = CHAIN_ID,
    block_seconds: int | None = None,
    keep_history: bool = False,
    name: str = "anvil",
) -> str:
    """Start it and return its RPC_URL. Without `block_seconds` each transaction makes its block.

    `keep_history` is for who asks about old states, or makes a reorganisation.
    """
    port = free_port()
    folder = run.folder(name)
    command = [str(binary()), "--host", "127.0.0.1", "--port", str(port), "--chain-id", str(chain_id)]
    # It spills old states into the home folder unless it is told where, and that it need not keep them.
    command += ["--cache-path", str(folder), "--accounts", str(ACCOUNTS), "--quiet"]
    if not keep_history:
        # Without a number not even the states at finality depth could be asked for.
        command += ["--prune-history", "1000"]
    if block_seconds is not None:
        command += ["--block-time", str(block_seconds)]
    supervisor.start(name, command, cwd=folder, env={**os.environ, "HOME": str(folder)})
    url = f"http://127.0.0.1:{port}"
    supervisor.wait_until(lambda: answers(url), "anvil")
    return url


def call(url: str, method: str, *params: Any) -> Any:
    """One JSON-RPC call; OSError or ValueError when it fails."""
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as response:
        answer = json.load(response)
    if "error" in answer:
        raise ValueError(f"{method}: {answer['error'].get('message')}")
    return answer["result"]


def binary() -> Path:
    """The node's program, installed first if need be."""
    machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine())
    if machine is None:
        raise Problem(f"there is no anvil for {platform.machine()}; set RPC_URL")
    folder = TOOLS / f"anvil-{VERSION}"
    program = folder / "node_modules" / "@foundry-rs" / f"anvil-linux-{machine}" / "bin" / "anvil"
    npm.install(f"@foundry-rs/anvil@{VERSION}", folder, program)
    return program


def answers(url: str) -> bool:
    """Whether anything speaks JSON-RPC there."""
    try:
        call(url, "eth_chainId")
    except (OSError, ValueError):
        return False
    return True
