"""GET /api/v1/status: how the service is, for whoever watches it."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from oracle import clock
from oracle.api.base import ApiView
from oracle.api.schema import Address, Integer
from settlement import status
from settlement.alarms import AlarmKind


class StatusPart(serializers.Serializer):
    name = serializers.CharField()
    word = serializers.ChoiceField(choices=list(status.Word))
    words = serializers.CharField(help_text="the same in a sentence")
    well_at = Integer(allow_null=True, help_text="when it was last seen to be well")


class OpenAlarm(serializers.Serializer):
    kind = serializers.ChoiceField(choices=list(AlarmKind))
    subject = serializers.CharField(allow_blank=True)
    words = serializers.CharField(help_text="what is wrong, and what to do")
    stops = serializers.CharField(allow_blank=True, help_text="what stands still while it is open")
    since = Integer()
    last_seen = Integer()


class LastSignature(serializers.Serializer):
    attestor = Address()
    at = Integer(help_text="of its last signature under a publication")


class StatusAnswer(serializers.Serializer):
    word = serializers.ChoiceField(choices=list(status.Word), help_text="the worst of all parts and alarms")
    at = Integer()
    parts = StatusPart(many=True)
    alarms = OpenAlarm(many=True)
    alarms_open = Integer(help_text=f"of which the oldest {status.MOST_ALARMS} are in `alarms`")
    signed = LastSignature(many=True)


class StatusView(ApiView):
    @extend_schema(
        operation_id="status",
        summary="How the service is: alarms, and each part with when it was last seen well",
        description="Read from its database alone. 503 with the same body where that does not answer.",
        responses={200: StatusAnswer, 503: StatusAnswer},
    )
    def get(self, request: Request) -> Response:
        found = status.status(now=clock.now())
        answer = {
            "word": found.word,
            "at": str(found.at),
            "parts": [
                {
                    "name": part.name,
                    "word": part.word,
                    "words": part.words,
                    "well_at": None if part.well_at is None else str(part.well_at),
                }
                for part in found.parts
            ],
            "alarms": [
                {
                    "kind": alarm.kind,
                    "subject": alarm.subject,
                    "words": alarm.words,
                    "stops": status.stops(alarm),
                    "since": str(alarm.since),
                    "last_seen": str(alarm.last_seen),
                }
                for alarm in found.alarms
            ],
            "alarms_open": str(found.alarms_open),
            "signed": [{"attestor": attestor, "at": str(at)} for attestor, at in found.signed],
        }
        return Response(answer, status=503 if found.is_down else 200)
