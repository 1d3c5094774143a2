"""/api/v1/evidence: handing documents in, and reading those that are public."""

from __future__ import annotations

from django.conf import settings
from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from evidence import selectors, services
from oracle import clock
from oracle.api import limits, schema
from oracle.api.base import ApiView, body_of
from oracle.api.codes import Code
from oracle.api.limits import AddressLimit
from oracle.api.problems import Problem, malformed, not_found
from protocol import evidence, evidence_files
from protocol.acts import Refusal

MAX_BODY_BYTES = evidence.MAX_BYTES * 2 + evidence_files.MAX_FILES * (
    evidence_files.MAX_FILE_BYTES * 4 // 3 + 8
)
"""Twice for the document: it may come with its characters escaped."""
FULL_WAIT_SECONDS = 3600


class HandIn(serializers.Serializer):
    document = schema.Object(
        help_text="in a form of docs/evidence.schema.json, at most 128 KiB of canonical JSON"
    )
    files = serializers.ListField(
        child=serializers.CharField(),
        max_length=evidence_files.MAX_FILES,
        help_text="base64 of the files that the document names, in its order; [] where it names none",
    )


class HandedIn(serializers.Serializer):
    evidence = schema.Bytes32(help_text="the document's hash, which acts carry")


class Evidence(serializers.Serializer):
    evidence = schema.Bytes32()
    document = schema.Object()
    acts = serializers.ListField(
        child=schema.Bytes32(), help_text="digests of acts that carry it, 100 at most"
    )
    files = serializers.ListField(child=serializers.CharField(), help_text="where each file is downloaded")


class WeightLimit(AddressLimit):
    """EVIDENCE_KIB_PER_MINUTE for each address, by the size of what it sends, whatever becomes of it."""

    def allow_request(self, request: Request, view: APIView) -> bool:
        if request.method != "POST" or not settings.EVIDENCE_KIB_PER_MINUTE:
            return True
        kib = -(-int(request.META.get("CONTENT_LENGTH") or "0") // 1024)
        who = f"evidence:{limits.network(self.get_ident(request))}"
        return limits.count(who, clock.now(), max(kib, 1)) <= settings.EVIDENCE_KIB_PER_MINUTE


class HandInView(ApiView):
    throttle_classes = (AddressLimit, WeightLimit)
    max_body_bytes = MAX_BODY_BYTES
    max_containers = evidence.MAX_OBSERVATIONS + evidence_files.MAX_FILES + 8

    @extend_schema(
        operation_id="send_evidence",
        summary="Hand in the document behind an act's `evidence`, with its files",
        description=(
            "The answer is the same whether it was known or not. It is shown once an act on its expiry that carries its"
            " hash is public; without any such act it is deleted after an hour. No act depends on it."
        ),
        request=HandIn,
        responses={202: HandedIn, **schema.problems(400, 404, 413, 415, 429, 503)},
    )
    def post(self, request: Request) -> Response:
        document, files = body_of(request, ("document", "files"))
        try:
            kept = services.keep(document=document, files=files, now=clock.now())
        except services.UnknownExpiry as error:
            raise Problem(Refusal.UNKNOWN_EXPIRY, f"{error}.") from None
        except ValueError as error:
            raise malformed(f"{error}.") from None
        except services.Full:
            detail = "No more evidence can be kept for now; hand it in later. No act depends on it."
            raise Problem(Code.UNAVAILABLE, detail, wait=FULL_WAIT_SECONDS) from None
        return Response({"evidence": kept}, status=202)


class EvidenceView(ApiView):
    @extend_schema(
        operation_id="evidence",
        summary="A document that a public act carries",
        responses={200: Evidence, **schema.problems(404)},
    )
    def get(self, request: Request, evidence: str) -> Response:
        found = selectors.public(evidence)
        if found is None:
            raise not_found("public evidence of this hash")
        document = found.document
        places = range(len(document.get("files", [])))
        return Response(
            {
                "evidence": found.hash,
                "document": document,
                "acts": [act.digest for act in selectors.carriers(found, limit=100)],
                "files": [f"/evidence/{found.hash}/files/{n}" for n in places],
            }
        )


urlpatterns = [
    path("evidence", HandInView.as_view(), name="api-evidence-in"),
    path("evidence/<slug:evidence>", EvidenceView.as_view(), name="api-evidence"),
]
