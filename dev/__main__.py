"""`python -m dev COMMAND [arguments]`; see the Makefile for the everyday names."""

from __future__ import annotations

import sys

# Before any import that an older Python could not even read.
if not (3, 11) <= sys.version_info[:2] <= (3, 13):
    sys.exit(
        f"dev: Python 3.11 is missing (this is {sys.version.split()[0]}): install it, or make PYTHON=python3.12"
    )

from dev.problem import Problem  # noqa: E402

USAGE = "usage: python -m dev run | sample | demo | test [pytest arguments] | bench | soak | manage ARGUMENTS | venv"


def main(arguments: list[str]) -> int:
    """Run one command; a Problem becomes one line and exit code 1."""
    if not arguments or arguments[0] in ("-h", "--help"):
        print(USAGE)
        return 0 if arguments else 2
    try:
        from dev import venv

        venv.enter(arguments)
        if arguments[0] == "venv":
            return 0
        from dev import commands

        command = commands.COMMANDS.get(arguments[0])
        if command is None:
            raise Problem(f"there is no command {arguments[0]!r}; {USAGE}")
        return command(arguments[1:])
    except Problem as problem:
        print(f"dev: {problem}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
