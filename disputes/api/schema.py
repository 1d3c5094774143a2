"""The shapes of requests and answers, for the OpenAPI document alone."""

from __future__ import annotations

from rest_framework import serializers

from oracle.api.schema import Address, Bytes32, Integer, Receipt, Signature


class SignRuling(serializers.Serializer):
    price = Integer()
    reason = Bytes32()
    signature = Signature(help_text="a guardian's, over Ruling(expiry, price, reason)")


class RulingProgress(serializers.Serializer):
    digest = Bytes32()
    collected = Integer()
    needed = Integer()
    receipt = Receipt(allow_null=True, help_text="of the ruling, once enough have signed")


class OwnVote(serializers.Serializer):
    ballot = Integer()
    commitment = Bytes32(allow_null=True)
    price = Integer(allow_null=True, help_text="as revealed; 18 decimals")


class Voter(serializers.Serializer):
    account = Address()
    weight = Integer(help_text="wei of seasoned stake")
    root = Bytes32(help_text="of the electorate, as in the service's act `Electorate`")
    proof = serializers.ListField(child=Bytes32(), help_text="from the leaf (account, weight) up to the root")
    votes = OwnVote(many=True, help_text="one for each ballot so far")
