"""GET /api/v1/attestors: who signs prices and roots, and who is to sign them next."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from oracle.api import schema as shared
from oracle.api.base import ApiView
from oracle.api.codes import Code
from oracle.api.problems import Problem
from oracle.api.schema import Address, Integer
from settlement import attestors
from settlement.api import present
from settlement.chain.errors import ChainError


class LastRefusal(serializers.Serializer):
    text = serializers.CharField()
    at = Integer()


class RunningAttestor(serializers.Serializer):
    address = Address()
    signed_at = Integer(allow_null=True, help_text="its last signature of a price or a root here")
    refused = LastRefusal(allow_null=True, help_text="its last refusal that it did not sign after all")


class WaitingSet(serializers.Serializer):
    nonce = Integer(help_text="what guardians name to veto it")
    attestors = serializers.ListField(child=Address())
    threshold = Integer()
    applies_from = Integer(help_text="unix second from which anyone can put it to work")


class AttestorSet(serializers.Serializer):
    threshold = Integer(help_text="how many of `attestors` must sign")
    attestors = RunningAttestor(many=True)
    waiting = WaitingSet(allow_null=True)
    guardians = serializers.ListField(child=Address())
    guardian_threshold = Integer()
    owner = Address(help_text="who may propose another set")
    set_delay = Integer(help_text="seconds that a proposed set waits")


class AttestorsView(ApiView):
    @extend_schema(
        operation_id="attestors",
        summary="The oracle's attestors, what each last said, and the set that waits to take their place",
        description="As the chain says it, a few seconds old at most.",
        responses={200: AttestorSet, **shared.problems(503)},
    )
    def get(self, request: Request) -> Response:
        try:
            found = attestors.signers()
        except ChainError as error:
            raise Problem(Code.UNAVAILABLE, f"The chain does not answer; try again. {error}") from None
        return Response(present.attestors(found, attestors.attestors(found)))
