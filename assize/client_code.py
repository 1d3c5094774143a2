"""The typed client of the API (reporter/api.py), written from the OpenAPI document: `manage.py api_client`.

A generator of our own: those that are kept well write hundreds of files of classes with a parser for each, and bring an
HTTP library that nothing else here uses. This API has strings, lists and objects only, which TypedDict says in one
file that a person can read (docs/decisions).
"""

from __future__ import annotations

from typing import Any

HEAD = '''"""The API's shapes and operations, typed. Written by `manage.py api_client`; a test compares. Do not edit.

Integers are decimal strings, as they come over the wire. `ask` does the HTTP: method, path below /api/v1/, query, body.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, NotRequired, TypedDict

Transport = Callable[[str, str, Mapping[str, str | int | None], Any], Any]
"""Answers with the JSON of a success, and raises for everything else. None in the query: leave it out."""
'''


def code(document: dict[str, Any]) -> str:
    """The module's text."""
    shapes = document["components"]["schemas"]
    parts = [HEAD]
    parts += [_literal(name, shape) for name, shape in shapes.items() if "enum" in shape and _choices(shape)]
    parts += [_shape(name, shape) for name, shape in shapes.items() if "properties" in shape]
    methods = []
    for path, by_method in document["paths"].items():
        for method, operation in by_method.items():
            if (answer := _answer(operation)) is not None:
                methods.append(_method(path, method, operation, answer))
    parts.append("class Api:\n" + _INIT + "\n".join(methods))
    return "\n\n".join(part.rstrip("\n") + "\n" for part in parts)


_INIT = '''    """One service; each method is one operation."""

    def __init__(self, ask: Transport) -> None:
        self._ask = ask

'''


def _literal(name: str, shape: dict[str, Any]) -> str:
    choices = "".join(f'    "{choice}",\n' for choice in _choices(shape))
    return f"{name} = Literal[\n{choices}]"


def _choices(shape: dict[str, Any]) -> list[str]:
    return [choice for choice in shape["enum"] if choice]


def _shape(name: str, shape: dict[str, Any]) -> str:
    needed = set(shape.get("required", ()))
    lines = [f"class {name}(TypedDict):"]
    for field, schema in shape["properties"].items():
        kind = _type(schema)
        lines.append(f"    {field}: {kind}" if field in needed else f"    {field}: NotRequired[{kind}]")
    return "\n".join(lines)


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return "None" if name == "NullEnum" else "str" if name == "BlankEnum" else name
    for many in ("oneOf", "anyOf", "allOf"):
        if many in schema:
            return " | ".join(dict.fromkeys(_type(each) for each in schema[many]))
    kinds = schema.get("type", "object")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    return " | ".join(_plain(kind, schema) for kind in kinds)


def _plain(kind: str, schema: dict[str, Any]) -> str:
    match kind:
        case "array":
            return f"list[{_type(schema['items'])}]"
        case "object":
            inside = schema.get("additionalProperties")
            return f"dict[str, {_type(inside) if inside else 'Any'}]"
    return {"string": "str", "integer": "int", "boolean": "bool", "null": "None", "number": "Any"}[kind]


def _answer(operation: dict[str, Any]) -> str | None:
    """The shape of a success; None for what is no JSON."""
    for status, answer in operation["responses"].items():
        if int(status) < 300 and "application/json" in answer.get("content", {}):
            return _type(answer["content"]["application/json"]["schema"])
    return None


def _method(path: str, method: str, operation: dict[str, Any], answer: str) -> str:
    parameters = operation.get("parameters", [])
    inside = [each["name"] for each in parameters if each["in"] == "path"]
    query = [each for each in parameters if each["in"] == "query"]
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    arguments = ["self", *(f"{name}: str | int" for name in inside)]
    arguments += [f"body: {_type(body)}"] if body else []
    if query:
        needed = [f"{each['name']}: str | int" for each in query if each.get("required")]
        given = [f"{each['name']}: str | int | None = None" for each in query if not each.get("required")]
        arguments += ["*", *needed, *given]
    asked = ", ".join(f'"{each["name"]}": {each["name"]}' for each in query)
    address = path.removeprefix("/api/v1/")
    spelled = f'f"{address}"' if inside else f'"{address}"'
    listed = "".join(f"        {argument},\n" for argument in arguments)
    return (
        f"    def {operation['operationId']}(\n{listed}    ) -> {answer}:\n"
        f'        """{operation["summary"]}."""\n'
        f"        found: {answer} = self._ask(\n"
        f'            "{method.upper()}", {spelled}, {{{asked}}}, {"body" if body else "None"}\n'
        f"        )\n        return found\n"
    )
