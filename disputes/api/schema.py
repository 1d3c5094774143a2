"""The shapes of requests and answers, for the OpenAPI document alone."""

from __future__ import annotations

from rest_framework import serializers

from oracle.api.schema import Bytes32, Integer, Receipt, Signature


class QuoteRound(serializers.Serializer):
    round = Integer()
    price = Integer()
    required = Integer()
    opens_ballot = serializers.BooleanField()


class Quote(serializers.Serializer):
    price = Integer()
    standing = Integer(allow_null=True)
    left = Integer(help_text="wei that a claim at this price still needs in this round")
    at_risk = Integer(help_text="the whole bond in wei, lost if the claim is wrong")
    gain = Integer(
        help_text="wei that the whole bond earns if its price becomes final with nothing bonded after it"
    )
    break_even_ppm = Integer(help_text="least probability of being right at which the bet does not lose")
    rounds = QuoteRound(many=True, help_text="this round and the next four, each side answering the other")


class SignRuling(serializers.Serializer):
    price = Integer()
    reason = Bytes32()
    signature = Signature(help_text="a guardian's, over Ruling(expiry, price, reason)")


class RulingProgress(serializers.Serializer):
    digest = Bytes32()
    collected = Integer()
    needed = Integer()
    receipt = Receipt(allow_null=True, help_text="of the ruling, once enough have signed")
