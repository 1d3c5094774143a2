"""A browser for tests: the machine's Chromium, else a headless one out of an npm package, unpacked once.

The package (@sparticuz/chromium, MIT) is made for servers without a desktop: beside the C library it brings every
library that its browser asks for, and a font.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import tarfile
from dataclasses import dataclass, field
from pathlib import Path

from dev import npm
from dev.folders import TOOLS, locked
from dev.problem import Problem

VERSION = "149.0.0"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--no-sandbox",  # root has none to offer
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_UNPACK = """
const [source, target] = process.argv.slice(1), fs = require("fs");
require("stream").pipeline(fs.createReadStream(source), require("zlib").createBrotliDecompress(),
  fs.createWriteStream(target), (error) => { if (error) throw error; });
"""
_FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{folder}/fonts</dir><dir>/usr/share/fonts</dir><cachedir>{folder}/font-cache</cachedir></fontconfig>
"""


@dataclass(frozen=True)
class Chromium:
    """The program, and what its environment needs beside our own."""

    program: Path
    env: dict[str, str] = field(default_factory=dict)


def find() -> Chromium:
    """The browser; Problem says in one line what is missing."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    return Chromium(Path(found)) if found else packaged()


def packaged() -> Chromium:
    """The browser of the npm package, which is fetched and unpacked first if need be."""
    if platform.machine() != "x86_64":
        raise Problem(
            f"the browser tests need Chromium, and none is packaged for {platform.machine()}: install it"
        )
    tools = TOOLS / f"chromium-{VERSION}"
    packed = npm.unpack(f"@sparticuz/chromium@{VERSION}", tools) / "bin"
    folder = tools / "unpacked"
    with locked("install"):
        if not folder.exists():
            _unpack(packed, folder)
    # A fresh machine has neither these libraries nor any font, and a browser without a font draws no text.
    env = {"LD_LIBRARY_PATH": str(folder / "lib"), "FONTCONFIG_FILE": str(folder / "fonts.conf")}
    return Chromium(folder / "chromium", {**os.environ, **env})


def _unpack(packed: Path, folder: Path) -> None:
    print("dev: unpacking Chromium (once)", file=sys.stderr, flush=True)
    new = folder.with_suffix(".new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir()
    for name in ("chromium", "al2023.tar", "fonts.tar"):
        target = new / name
        done = subprocess.run(
            [npm.node(), "-e", _UNPACK, str(packed / f"{name}.br"), str(target)],
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise Problem(f"Chromium could not be unpacked: {done.stderr.strip()[-300:]}")
        if name.endswith(".tar"):
            with tarfile.open(target) as archive:
                archive.extractall(new, filter="data")
            target.unlink()
    (new / "chromium").chmod(0o755)
    (new / "fonts.conf").write_text(_FONTS.format(folder=folder))
    new.rename(folder)
