"""Every commit and every external call of settlement that its code names, so that none can go without a crash.

Read from the source: which functions of `settlement/` open a transaction, and which ask the chain for what. A function
of `settlement/chain/` asks the chain if it uses the node, or calls one that does.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2] / "settlement"
WORKING = (*sorted((ROOT / "services").glob("*.py")), *sorted(ROOT.glob("reconcile*.py")))
NEVER_ASK = {"events", "audit", *(file.stem for file in (ROOT / "services").glob("*.py"))}
"""Modules by whose names others call them: what these ask is found in their own source."""
Function = tuple[str, ast.AST]


def commits() -> set[str]:
    """`module.function` of each function that opens a transaction."""
    return {name for name, node in _working() if any(_opens(each) for each in ast.walk(node))}


def external_calls() -> set[tuple[str, str]]:
    """(`module.function`, what it asks the chain for)."""
    asking = names_that_ask()
    found = set()
    for file in WORKING:
        functions = list(_functions(file))
        own = {_bare(name) for name, _ in functions}
        found |= {(name, each) for name, node in functions for each in _called(node, own) if each in asking}
    return found


@cache
def names_that_ask() -> frozenset[str]:
    """Names of the functions and classes of settlement/chain through which a node is asked."""
    functions = [each for file in sorted((ROOT / "chain").glob("*.py")) for each in _functions(file)]
    found: set[str] = set()
    while True:
        more = {_bare(name) for name, node in functions if _uses_the_node(node) or found & set(_called(node))}
        if more <= found:
            return frozenset(found)
        found |= more


def _bare(name: str) -> str:
    """A class is called to make one: its name stands for its constructor."""
    *_, owner, function = name.split(".")
    return owner if function == "__init__" else function


def _uses_the_node(node: ast.AST) -> bool:
    used = {each.attr for each in ast.walk(node) if isinstance(each, ast.Attribute)}
    return bool(used & {"w3", "_each", "post"})


def _opens(node: ast.AST) -> bool:
    if not isinstance(node, ast.With):
        return False
    return any(ast.unparse(item.context_expr).startswith("transaction.atomic") for item in node.items)


def _called(node: ast.AST, own: Collection[str] = ()) -> Iterator[str]:
    """Names of what is called, but for a module's own functions and those of modules that never ask a node."""
    for each in ast.walk(node):
        if isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute):
            owner = each.func.value
            if not (isinstance(owner, ast.Name) and owner.id in NEVER_ASK):
                yield each.func.attr
        elif isinstance(each, ast.Call) and isinstance(each.func, ast.Name) and each.func.id not in own:
            yield each.func.id


def _working() -> list[Function]:
    return [each for file in WORKING for each in _functions(file)]


def _functions(file: Path) -> Iterator[Function]:
    for node in ast.parse(file.read_text()).body:
        if isinstance(node, ast.FunctionDef):
            yield f"{file.stem}.{node.name}", node
        elif isinstance(node, ast.ClassDef):
            for inner in node.body:
                if isinstance(inner, ast.FunctionDef):
                    yield f"{file.stem}.{node.name}.{inner.name}", inner


# -- writes and broadcasts, for what has to die after each of them (test_crash_attempts.py)

WRITES = {"create", "get_or_create", "update_or_create", "bulk_create", "update", "bulk_update", "save", "delete"}
SENDS = {"send"}


def writers_under(*starts: str) -> dict[str, set[str]]:
    """What `module.function` of services and alarms can be reached from these, and writes or sends: which of both."""
    known = {name: node for file in _WRITING for name, node in _functions(file)}
    found: dict[str, set[str]] = {}
    waiting, seen = list(starts), set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        used = {each.func.attr for each in ast.walk(known[name]) if _is_method(each)}
        if does := {word for word, which in (("writes", WRITES), ("sends", SENDS)) if used & which}:
            found[name] = does
        waiting += [each for each in _reached(name, known[name]) if each in known]
    return found


_WRITING = (*sorted((ROOT / "services").glob("*.py")), ROOT / "alarms.py")


def _is_method(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)


def _reached(name: str, node: ast.AST) -> Iterator[str]:
    """`module.function` of everything that it names: its own module's, another module's, or one that was imported."""
    module = name.split(".")[0]
    file = next(each for each in _WRITING if each.stem == module)
    imported = {
        alias.asname or alias.name: f"{(line.module or '').split('.')[-1]}.{alias.name}"
        for line in ast.parse(file.read_text()).body
        if isinstance(line, ast.ImportFrom)
        for alias in line.names
    }
    for each in ast.walk(node):
        if isinstance(each, ast.Attribute) and isinstance(each.value, ast.Name):
            yield f"{each.value.id}.{each.attr}"
        elif isinstance(each, ast.Name):
            yield imported.get(each.id, f"{module}.{each.id}")
