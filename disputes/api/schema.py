"""The shapes of requests and answers, for the OpenAPI document alone."""

from __future__ import annotations

from rest_framework import serializers

from oracle.api.schema import Bytes32, Integer, Receipt, Signature


class SignRuling(serializers.Serializer):
    price = Integer()
    reason = Bytes32()
    signature = Signature(help_text="a guardian's, over Ruling(expiry, price, reason)")


class RulingProgress(serializers.Serializer):
    digest = Bytes32()
    collected = Integer()
    needed = Integer()
    receipt = Receipt(allow_null=True, help_text="of the ruling, once enough have signed")
