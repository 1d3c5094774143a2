"""The shapes of settlement's answers, for the OpenAPI document alone."""

from rest_framework import serializers

from oracle.api.schema import Address, Bytes32, Integer, Signature
from settlement.services.signing import MAX_REFUSAL_CHARACTERS
from settlement.stages import PublicationStage


class Series(serializers.Serializer):
    address = Address()
    expiry = Bytes32()
    strike = Integer(help_text="18 decimals")
    collateral = Address(help_text="the zero address is ETH")
    decimals = Integer(help_text="of the collateral, and so of P and N")
    p = Address()
    n = Address()


class SeriesPage(serializers.Serializer):
    results = Series(many=True)
    next = Address(allow_null=True, help_text="cursor of the next page")


class Item(serializers.Serializer):
    expiry = Bytes32()
    attempt = Integer()
    price = Integer()
    transcript = Bytes32()
    payouts = Bytes32()


class PublicationSignature(serializers.Serializer):
    attestor = Address()
    signature = Signature()


class Refusal(serializers.Serializer):
    attestor = Address()
    text = serializers.CharField()
    at = Integer()


class Publication(serializers.Serializer):
    id = Integer()
    stage = serializers.ChoiceField(choices=list(PublicationStage))
    reason = serializers.CharField(allow_blank=True, help_text="why it failed, or why it waits")
    tx_hash = Bytes32(allow_null=True)
    final_on_chain_at = Integer(allow_null=True)
    items = Item(many=True)
    signatures = PublicationSignature(many=True)
    refusals = Refusal(many=True)


class Publications(serializers.Serializer):
    results = Publication(many=True)
    next = Integer(allow_null=True, help_text="cursor of the next page")


class Attested(serializers.Serializer):
    """Either `signature` alone, or `attestor` and `refusal`."""

    signature = Signature(required=False)
    attestor = Address(required=False)
    refusal = serializers.CharField(required=False, max_length=MAX_REFUSAL_CHARACTERS)
