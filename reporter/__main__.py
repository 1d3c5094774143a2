"""`python -m reporter <command>`: see --help."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from reporter.commands import parser
from reporter.stop import Stop

STOPPED, INTERRUPTED = 1, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 1 stopped with one line that says why, 2 wrong usage."""
    options = parser().parse_args(arguments)
    try:
        return int(options.run(options) or 0)
    except Stop as stop:
        print(f"{options.command}: {stop}", file=sys.stderr)
        return STOPPED
    except KeyboardInterrupt:
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
