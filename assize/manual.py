"""What of docs/operating comes out of the code: settings, commands, the table of metrics. `make manual`."""

import textwrap
from collections.abc import Iterator

from django.core.management import get_commands, load_command_class
from django.core.management.base import BaseCommand

from assize.environment import REQUIRED, Variable
from assize.metrics.table import TABLE, Metric
from operators.management.explained import Explained

HEAD = """# Settings

Everything is set by environment variables. `assize/variables.py` declares them and is the only module that reads them;
this page is generated from it (`make manual`). A process that finds one missing or wrong ends with one line
that says which and why. An empty value counts as absent. `make run`, `make demo` and `make test` set all of them.
Any of them may be given as a file instead: `SECRET_KEY_FILE` names the file that `SECRET_KEY` is the content of. Keys
and addresses with passwords in them belong there.

| variable | kind | default | what it does |
| --- | --- | --- | --- |
"""

FROM_FILE = (
    "ORACLE_ADDRESS", "FACTORY_ADDRESS", "FACTORY_BLOCK", "FEEDS_ADDRESS", "ESCROW_ADDRESS", "ESCROW_BLOCK",
)  # fmt: skip
OF_NODES = {"RPC_URLS": "`RPC_URL`", "RPC_QUORUM": "a majority"}


def page(variables: list[Variable]) -> str:
    """The whole page as Markdown."""
    return HEAD + "".join(f"| `{v.name}` | {v.kind} | {_default(v)} | {v.about} |\n" for v in variables)


def _default(variable: Variable) -> str:
    if variable.default is REQUIRED:
        return "**required**"
    if variable.name in FROM_FILE:
        return "from `CONTRACTS_FILE`"
    if variable.name in OF_NODES:
        return OF_NODES[variable.name]
    if variable.name == "STATIC_ROOT":
        return "`staticfiles` in the checkout"
    if variable.kind == "0 or 1":
        return str(int(bool(variable.default)))
    return "none" if variable.default in ("", None) else f"`{variable.default}`"


COMMANDS_HEAD = """# Commands

`manage.py COMMAND --help` says the same; this page is generated from it (`make manual`). They take the settings of the
process that they stand in for: a command that signs for the service needs `SERVICE_KEY`, one that pays for
transactions needs [a signer](README.md#the-signer). Wrong options are exit code 2.
Where work is long, `--progress` says on standard error how far it is; on a terminal it is said anyway.
"""


def commands() -> dict[str, Explained]:
    """Ours by name, Django's own left out."""
    found = {name: load_command_class(app, name) for name, app in get_commands().items()}
    ours = {name: command for name, command in found.items() if isinstance(command, Explained)}
    return dict(sorted(ours.items()))


def commands_page() -> str:
    """The whole page as Markdown."""
    return COMMANDS_HEAD + "".join(_command(name, command) for name, command in commands().items())


def _command(name: str, command: Explained) -> str:
    words = {"When": command.when, "Changes": command.changes, "Exit code": command.exits}
    told = "".join(f"- {title}: {text}.\n" for title, text in words.items())
    options = "".join(f"- `{given}`: {text}\n" for given, text in _arguments(command, name))
    return f"\n## {name}\n\n{textwrap.fill(command.help, 130)}\n\n{told}{options}\n```\n{command.example}\n```\n"


def _arguments(command: Explained, name: str) -> Iterator[tuple[str, str]]:
    """What this command alone takes, as it is typed, with its help."""
    common = {action.dest for action in BaseCommand().create_parser("manage.py", name)._actions}
    for action in command.create_parser("manage.py", name)._actions:
        if action.dest in common:
            continue
        value = "" if action.nargs == 0 else str(action.metavar or action.dest).upper()
        given = f"{action.option_strings[-1]} {value}".strip() if action.option_strings else value
        yield given, str(action.help) % {"default": action.default, "prog": name}


BEGIN, END = "<!-- metrics: make manual -->\n", "<!-- end of metrics -->"


def with_metrics(page: str) -> str:
    """docs/operating/metrics.md with its table as the code has it."""
    before, _, rest = page.partition(BEGIN)
    head = "| metric | labels | unit | is | guards |\n| --- | --- | --- | --- | --- |\n"
    return before + BEGIN + head + "".join(map(_metric, TABLE)) + END + rest.partition(END)[2]


def _metric(metric: Metric) -> str:
    labels = ", ".join(f"`{label}`" for label in metric.labels)
    return f"| `{metric.name}` | {labels} | {metric.unit} | {metric.means} | {metric.invariant} |\n"
