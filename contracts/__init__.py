"""The contracts of Assize. `load` gives what they were compiled to; `python -m contracts.build` compiles them anew."""

import json
from pathlib import Path
from typing import Any

NAMES = ("PriceOracle", "SeriesToken", "Series", "SeriesFactory", "PriceFeed", "PriceFeedFactory", "Escrow")
BUILD = Path(__file__).parent / "build"


def load(name: str) -> dict[str, Any]:
    """The built contract of that name: `abi` (list), `bytecode` and `runtime` ('0x..'), `compiler`, `evm_version`.

    Raises KeyError for a name that is not in `NAMES`.
    """
    if name not in NAMES:
        raise KeyError(f"no contract {name!r}: there are {', '.join(NAMES)}")
    built: dict[str, Any] = json.loads((BUILD / f"{name}.json").read_text())
    return built
