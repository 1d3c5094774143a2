"""Compile the contracts into contracts/build, or check with --check that what is there equals a fresh compile."""

import argparse
import json
import sys
from functools import cache
from pathlib import Path
from typing import Any

import vyper
from vyper.compiler import compile_from_file_input
from vyper.compiler.input_bundle import FilesystemInputBundle
from vyper.compiler.settings import Settings

from contracts import BUILD, NAMES

SOURCES = Path(__file__).parent
# The oldest fork with transient storage, which the reentrancy lock uses: every chain of interest runs it.
EVM_VERSION = "cancun"


@cache
def compile_contract(source: Path) -> dict[str, Any]:
    """What `contracts.load` returns, compiled from the Vyper file `source`."""
    bundle = FilesystemInputBundle([SOURCES.parent])
    output = compile_from_file_input(
        bundle.load_file(source),
        input_bundle=bundle,
        output_formats=["abi", "bytecode", "bytecode_runtime"],
        settings=Settings(evm_version=EVM_VERSION),
    )
    return {
        "name": source.stem,
        "compiler": f"vyper {vyper.__version__}",
        "evm_version": EVM_VERSION,
        "abi": output["abi"],
        "bytecode": output["bytecode"],
        "runtime": output["bytecode_runtime"],
    }


def compiled() -> dict[Path, str]:
    """Every built file and the text that belongs into it."""
    texts: dict[Path, str] = {}
    for name in NAMES:
        contract = compile_contract(SOURCES / f"{name}.vy")
        texts[BUILD / f"{name}.json"] = json.dumps(contract, indent=1, sort_keys=True) + "\n"
    return texts


def stale() -> list[str]:
    """Names of the built files that differ from a fresh compile, are missing, or belong to no contract."""
    texts = compiled()
    wrong = {path.name for path, text in texts.items() if not path.exists() or path.read_text() != text}
    wrong |= {path.name for path in BUILD.glob("*.json") if path not in texts}
    return sorted(wrong)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m contracts.build", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 on a difference")
    if parser.parse_args(arguments).check:
        wrong = stale()
        for name in wrong:
            print(f"contracts/build/{name} differs from a fresh compile: run python -m contracts.build")
        return 1 if wrong else 0
    BUILD.mkdir(exist_ok=True)
    for path, text in compiled().items():
        path.write_text(text)
        print(f"wrote contracts/build/{path.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
