"""The shapes of finality and simulation, for the OpenAPI document alone."""

from rest_framework import serializers

from oracle.api.schema import Address, Bytes32, Integer, SignedInteger
from protocol.horizon import Unbounded
from protocol.stages import DecidedBy, Stage
from settlement.finality import Reason
from settlement.stages import PublicationStage


class FinalityReason(serializers.Serializer):
    code = serializers.ChoiceField(choices=list(Reason))
    means = serializers.CharField()


class SeriesPayout(serializers.Serializer):
    series = Address()
    strike = Integer()
    collateral = Address()
    unit = Integer(help_text="base units of one P, of one N and of one unit of collateral")
    p = Integer(help_text="base units of collateral that one P is paid at `price`")
    n = Integer()


class ChainPlace(serializers.Serializer):
    stage = serializers.ChoiceField(choices=list(PublicationStage))
    tx_hash = Bytes32(allow_null=True)
    pays_from = Integer(
        allow_null=True,
        help_text="second from which series pay by it, unless guardians cancel before; null until a final block has it",
    )
    final_at = Integer(allow_null=True, help_text="when the oracle's answer was first seen to be final")
    block = Integer(allow_null=True, help_text="of the transaction")
    head = Integer(allow_null=True, help_text="the newest block that was seen")
    depth = Integer(allow_null=True)
    depth_wanted = Integer()


class Finality(serializers.Serializer):
    id = Bytes32()
    slug = serializers.CharField()
    stage = serializers.ChoiceField(choices=list(Stage))
    safe_to_settle = serializers.BooleanField(help_text="true only once final on chain at depth")
    reasons = FinalityReason(many=True)
    standing = Integer(allow_null=True)
    price = Integer(allow_null=True, help_text="final; null before")
    decided_by = serializers.ChoiceField(choices=list(DecidedBy), allow_null=True)
    final_at = Integer(allow_null=True)
    earliest_final_at = Integer(help_text="of the book; an estimate, with the stakes there are now, without outages")
    undisputed_final_at = Integer(allow_null=True, help_text="if nobody pledges; null once there is a vote")
    latest_final_at = Integer(
        allow_null=True,
        help_text="the end of the longest way that has a deadline; null where there is none now",
    )
    unbounded = serializers.ChoiceField(
        choices=list(Unbounded),
        allow_null=True,
        help_text="why `latest_final_at` is no promise; null: it is one",
    )
    payouts = SeriesPayout(many=True, help_text="at the final, else at the standing price")
    chain = ChainPlace(allow_null=True, help_text="null before its price is on its way to the chain")


class Ask(serializers.Serializer):
    price = Integer(help_text="the counter-price; 18 decimals")
    final = Integer(required=False, help_text="becomes final in the end; the counter-price where left out")
    amount = Integer(
        required=False, help_text="wei that one pledges of the bond; all that is left where left out"
    )
    units = serializers.DictField(
        child=Integer(),
        required=False,
        help_text="base units of P and N that are out, by the series' address",
    )


class SimulatedRound(serializers.Serializer):
    round = Integer()
    price = Integer()
    required = Integer()
    opens_ballot = serializers.BooleanField()


class Probability(serializers.Serializer):
    numerator = Integer()
    denominator = Integer()
    ppm = Integer(help_text="rounded up")


class Dispute(serializers.Serializer):
    required = Integer(help_text="wei; the whole bond of the claim in this round")
    left = Integer(help_text="wei that it still needs")
    at_risk = Integer(help_text="wei that one puts in, lost if the claim is wrong")
    gain = Integer(help_text="wei that this earns if the price becomes final with nothing bonded after it")
    break_even = Probability(help_text="least probability of being right at which the bet does not lose")
    net = SignedInteger(help_text="wei gained if `final` becomes final; below 0: lost")
    rounds = SimulatedRound(
        many=True, help_text="this round and the next four, each side answering the other"
    )


class SidePayout(serializers.Serializer):
    price = Integer()
    p = Integer()
    n = Integer()


class MovedSeries(serializers.Serializer):
    series = Address()
    strike = Integer()
    collateral = Address()
    unit = Integer()
    standing = SidePayout(allow_null=True)
    counter = SidePayout(allow_null=True)
    final = SidePayout(allow_null=True)
    units = Integer(allow_null=True)
    moved_to_p = SignedInteger(
        allow_null=True, help_text="base units that go from all N to all P; below 0: the other way"
    )


class UnratedAmount(serializers.Serializer):
    collateral = Address()
    amount = Integer(help_text="base units")


class MovedValue(serializers.Serializer):
    """What a price moves between the holders of P and of N, over all series."""

    moved_value = Integer(
        allow_null=True,
        help_text="wei, all of it; null where units are not known, and where a part is in a token without a rate",
    )
    moved_rated = Integer(
        allow_null=True,
        help_text="wei, the part in ETH and in tokens with a rate in `value_rates`; null where units are not known",
    )
    moved_unrated = UnratedAmount(
        many=True, help_text="the part in tokens without a rate (a rate of 0 is none): nobody can say what it is worth"
    )


class SecurityMargin(serializers.Serializer):
    bonds = Integer(help_text="wei that an attacker bonds until a ballot opens, answered each time")
    answers = Integer(help_text="wei that the others bond meanwhile")
    stake = Integer(help_text="wei of stake that decides a ballot in which the whole electorate reveals")
    cost = Integer(help_text="bonds and stake")
    gain = Integer(
        allow_null=True,
        help_text=(
            "wei that the price moves; all that the expiry secured where units are not known; null where a token"
            " without a rate would move too"
        ),
    )
    from_value_secured = serializers.BooleanField(help_text="units are not known: what the expiry secured stands in")
    margin = SignedInteger(
        allow_null=True, help_text="cost less gain; below 0 an attack could pay; null where `gain` is"
    )
    could_pay = serializers.BooleanField(
        allow_null=True,
        help_text=(
            "whether more could be gained than it costs; true also where what has a rate is enough for that;"
            " null where it cannot be said"
        ),
    )


class WorstPrice(MovedValue):
    price = Integer()
    security = SecurityMargin()


class Simulated(MovedValue):
    expiry = Bytes32()
    stage = serializers.ChoiceField(choices=list(Stage))
    price = Integer(help_text="the counter-price")
    final = Integer()
    standing = Integer(allow_null=True)
    dispute = Dispute(allow_null=True, help_text="null where nobody could bond this price now")
    refusal = serializers.CharField(allow_null=True, help_text="the code for which an act would be refused")
    refusal_means = serializers.CharField(allow_null=True)
    series = MovedSeries(many=True)
    security = SecurityMargin(
        allow_null=True,
        help_text="of the counter-price; null where it cannot be forced: it agrees, or nobody may bond or vote for it",
    )
    worst = WorstPrice(
        allow_null=True,
        help_text=(
            "the expiry's own margin: the wrong price with the least, of those at which most moves (the ends of what"
            " the index allows, and the lowest strike) and the counter-price; null where no price can be replaced now"
        ),
    )
