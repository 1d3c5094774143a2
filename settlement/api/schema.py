"""The shapes of settlement's answers, for the OpenAPI document alone."""

from rest_framework import serializers

from oracle.api.schema import Address, Bytes32, Integer, Signature
from settlement import models
from settlement.root_stages import RootStage
from settlement.series_states import Redeemed
from settlement.services.signing import MAX_REFUSAL_CHARACTERS
from settlement.stages import PublicationStage


class Units(serializers.Serializer):
    """What a series has split and redeemed, in final blocks; base units. Each of `split` is one P and one N."""

    split = Integer(help_text="ever put in")
    merged = Integer(help_text="taken out again as whole pairs")
    redeemed_p = Integer(help_text="P burnt at the final price")
    redeemed_n = Integer(help_text="N burnt at the final price")
    left_p = Integer(help_text="P that still exist")
    left_n = Integer(help_text="N that still exist")
    paid_p = Integer(help_text="collateral paid for P")
    paid_n = Integer(help_text="collateral paid for N")
    left = Integer(help_text="collateral that is still in it")


class Series(serializers.Serializer):
    address = Address()
    origin = serializers.ChoiceField(
        choices=models.Series.Origin.values, help_text="foreign: somebody else's contract that settles by this expiry"
    )
    expiry = Bytes32()
    strike = Integer(allow_null=True, help_text="18 decimals; null: a foreign one does not say")
    collateral = Address(allow_blank=True, help_text="the zero address is ETH; empty: a foreign one does not say")
    decimals = Integer(help_text="of the collateral, and so of P and N")
    p = Address(allow_blank=True, help_text="empty for a foreign one")
    n = Address(allow_blank=True, help_text="empty for a foreign one")
    feed = Address(allow_blank=True, help_text="the price feed that a foreign one reads; empty: the oracle itself")
    settled = serializers.BooleanField(help_text="the book has the final price")
    redeemable = serializers.BooleanField(help_text="the oracle on chain gives it, in a deep block")
    redeemed = serializers.ChoiceField(choices=list(Redeemed), help_text="what holders have done, in final blocks")
    units = Units(allow_null=True, help_text="null: not counted yet, or a foreign one")


class SeriesPage(serializers.Serializer):
    counted_to = Integer(allow_null=True, help_text="the final block up to which `units` and `redeemed` are counted")
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


class AuditHead(serializers.Serializer):
    """The head of the audit log, of which attestors are the witnesses."""

    seq = Integer(help_text="number of its last entry")
    head = Bytes32()


class Root(serializers.Serializer):
    id = Integer()
    epoch = Integer()
    root = Bytes32()
    block = Integer(help_text="deposits up to this block are counted")
    seq = Integer(help_text="the last entry of the book that is counted")
    accounts = Integer(help_text="number of leaves")
    debt = Integer(help_text="wei; the sum of all `entitled`, claims not taken off")
    audit = AuditHead(allow_null=True, help_text="where the operators' log ended; null where nobody kept it")
    stage = serializers.ChoiceField(choices=list(RootStage))
    reason = serializers.CharField(allow_blank=True, help_text="why it failed, or why it waits")
    tx_hash = Bytes32(allow_null=True)
    final_at = Integer(allow_null=True)
    signatures = PublicationSignature(many=True)
    refusals = Refusal(many=True)


class Roots(serializers.Serializer):
    results = Root(many=True)
    next = Integer(allow_null=True, help_text="cursor of the next page")


class ProvenLeaf(serializers.Serializer):
    """A leaf (PROTOCOL 8, Escrow) with its proof. Amounts in wei, cumulative since the beginning."""

    epoch = Integer()
    root = Bytes32()
    block = Integer()
    seq = Integer()
    account = Address()
    withdrawable = Integer()
    entitled = Integer()
    deposited = Integer()
    proof = serializers.ListField(child=Bytes32())


class RootFile(serializers.Serializer):
    """All leaves of a root: everybody can build every proof from it."""

    epoch = Integer()
    root = Bytes32()
    block = Integer()
    seq = Integer()
    leaves = serializers.ListField(
        child=serializers.ListField(child=serializers.CharField()),
        help_text="each: account, withdrawable, entitled, deposited",
    )
    audit = AuditHead(required=False, help_text="where the operators' log ended when it was proposed")


class Reserves(serializers.Serializer):
    """Proof of reserves. Amounts in wei."""

    escrow = Address()
    deposited = Integer(help_text="ever, by the escrow's final logs")
    paid = Integer(help_text="ever, by the escrow's final logs")
    balance = Integer(help_text="what the escrow must hold: deposited less paid")
    owed = Integer(help_text="what the ledger says that it still owes")
    difference = Integer(help_text="balance less owed; 0, or there is an alarm")
    problem = serializers.CharField(allow_null=True, help_text="why roots wait")
    block = Integer(allow_null=True, help_text="up to which the escrow's logs are counted")
    root = Root(allow_null=True, help_text="the last final root")
