"""docs/operating/settings.md out of the declarations: `make manual`."""

from assize.environment import REQUIRED, Variable

HEAD = """# Settings

Everything is set by environment variables. `assize/settings.py` declares them and is the only module that reads them;
this page is generated from it (`make manual`). A process that finds one missing or wrong ends with one line
that says which and why. An empty value counts as absent. `make run`, `make demo` and `make test` set all of them.
Any of them may be given as a file instead: `SECRET_KEY_FILE` names the file that `SECRET_KEY` is the content of. Keys and
addresses with passwords in them belong there.

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
