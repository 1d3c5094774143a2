"""/api/schema/, the OpenAPI document, and /api/docs/, the same as a page to read, without a script of anybody's; and at
the root of the API, where they are."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import conditional_page, require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer


@lru_cache(maxsize=1)
def document() -> dict[str, Any]:
    """The OpenAPI document; it depends on the code alone."""
    found: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return found


@require_safe
def api_root(request: HttpRequest) -> HttpResponse:
    """Where the API is described."""
    places = {"openapi": reverse("schema"), "docs": reverse("api-docs")}
    return JsonResponse({name: request.build_absolute_uri(place) for name, place in places.items()})


@require_safe
@conditional_page
def api_schema(request: HttpRequest) -> HttpResponse:
    """The OpenAPI document itself."""
    headers = {"Content-Disposition": 'inline; filename="Assize.json"'}
    return HttpResponse(_rendered(), content_type=OpenApiJsonRenderer.media_type, headers=headers)


@lru_cache(maxsize=1)
def _rendered() -> bytes:
    found: bytes = OpenApiJsonRenderer().render(document())
    return found


@require_safe
def api_docs(request: HttpRequest) -> HttpResponse:
    """Every operation with its parameters, body and answers, then every shape."""
    return render(request, "api_docs.html", {"operations": _operations(), "shapes": _shapes()})


@lru_cache(maxsize=1)
def _operations() -> list[dict[str, Any]]:
    found = []
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
            found.append(
                {
                    "id": operation["operationId"],
                    "method": method.upper(),
                    "path": path,
                    "summary": _marked(operation.get("summary", "")),
                    "description": _marked(operation.get("description", "")),
                    "parameters": [_parameter(each) for each in operation.get("parameters", [])],
                    "body": _shape_of(body.get("schema", {})),
                    "answers": [_answer(status, each) for status, each in sorted(operation["responses"].items())],
                }
            )
    return found


def _parameter(parameter: dict[str, Any]) -> dict[str, Any]:
    return parameter | {"description": _marked(parameter.get("description", ""))}


def _marked(text: str) -> SafeString:
    """What stands between backticks, as code."""
    return mark_safe(re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text)))  # noqa: S308


def _answer(status: str, answer: dict[str, Any]) -> dict[str, Any]:
    contents: dict[str, dict[str, Any]] = answer.get("content") or {"": {}}
    kind, content = next(iter(contents.items()))
    shape = _shape_of(content.get("schema", {}))
    return {"status": status, "kind": kind, "shape": shape, "text": _marked(answer.get("description", ""))}


@lru_cache(maxsize=1)
def _shapes() -> list[dict[str, Any]]:
    shapes = []
    for name, schema in document()["components"]["schemas"].items():
        needed = schema.get("required", [])
        fields = [_field(each, field, each in needed) for each, field in schema.get("properties", {}).items()]
        choices = [each for each in schema.get("enum", []) if each]
        shapes.append({"name": name, "about": schema.get("description", ""), "fields": fields, "choices": choices})
    return shapes


def _field(name: str, field: dict[str, Any], needed: bool) -> dict[str, Any]:
    example = next(iter(field.get("examples", [])), "")
    return {"name": name, "type": _type(field), "shape": _shape_of(field), "needed": needed, "example": example} | {
        "text": _marked(field.get("description", ""))
    }


def _type(field: dict[str, Any]) -> str:
    kind = field.get("type", "")
    return " or ".join(kind) if isinstance(kind, list) else str(kind)


def _shape_of(schema: dict[str, Any]) -> str:
    """The name of the component that it refers to, itself or inside; empty where there is none."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    for inside in (*schema.get("allOf", ()), *schema.get("oneOf", ()), *schema.get("anyOf", ()), schema.get("items")):
        if isinstance(inside, dict) and (found := _shape_of(inside)):
            return found
    return ""
