"""The virtual environment of the checkout, made on first use and again whenever requirements.txt changes."""

import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

from dev.folders import ROOT, locked
from dev.problem import Problem

VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
REQUIREMENTS = ROOT / "requirements.txt"
STAMP = VENV / "installed"


def enter(arguments: list[str]) -> None:
    """Return inside the virtual environment: either we are there already, or this process becomes it."""
    if not sys.platform.startswith("linux"):
        raise Problem(f"this works on Linux; {sys.platform} lacks what takes children down with their parent")
    with locked("install"):
        _install()
    if Path(sys.prefix).resolve() != VENV.resolve():
        os.execv(PYTHON, [str(PYTHON), "-m", "dev", *arguments])  # noqa: S606


def _install() -> None:
    wanted = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    if PYTHON.exists() and STAMP.exists() and STAMP.read_text() == wanted:
        return
    if not PYTHON.exists():
        _create()
    print("dev: installing what requirements.txt pins (once, up to a minute)", file=sys.stderr, flush=True)
    if not (_install_by_uv() or _install_by_pip()):
        raise Problem(
            "requirements.txt could not be installed (see above): is the package index within reach?"
        )
    STAMP.write_text(wanted)


def _create() -> None:
    try:
        venv.EnvBuilder(with_pip=True, clear=VENV.exists()).create(VENV)
    except (subprocess.CalledProcessError, OSError) as problem:
        raise Problem(
            f"no virtual environment: {problem}; is the python3-venv package installed?"
        ) from problem


def _install_by_uv() -> bool:
    # uv is several times faster, but reads none of pip's configuration: where it fails, pip has the last word.
    pin = next(line.split()[0] for line in REQUIREMENTS.read_text().splitlines() if line.startswith("uv=="))
    if not _quietly(str(PYTHON), "-m", "pip", "install", "--quiet", pin):
        return False
    return _quietly(
        *(str(PYTHON), "-m", "uv", "pip", "install", "--quiet", "--python", str(PYTHON)),
        *("--require-hashes", "-r", str(REQUIREMENTS)),
    )


def _install_by_pip() -> bool:
    command = [str(PYTHON), "-m", "pip", "install", "--quiet", "--require-hashes", "-r", str(REQUIREMENTS)]
    return subprocess.run(command, cwd=ROOT).returncode == 0


def _quietly(*command: str) -> bool:
    return subprocess.run(command, cwd=ROOT, capture_output=True).returncode == 0
