"""The shapes of requests and answers, for the OpenAPI document alone. Tests hold real answers against them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from oracle.api.codes import CHOICES
from oracle.events import EventKind
from oracle.models import Claim
from protocol.messages import ACCOUNT_ACTS, BOOK_KINDS, GUARDIAN_ACTS
from protocol.stages import DecidedBy, Stage


class Integer(serializers.RegexField):
    """An unsigned integer as a decimal string: wei, a price with 18 decimals, unix seconds, a count."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(r"^(0|[1-9][0-9]*)$", **kwargs)


class SignedInteger(serializers.RegexField):
    """The same, below 0 where something is lost."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(r"^(0|-?[1-9][0-9]*)$", **kwargs)


class Address(serializers.RegexField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(r"^0x[0-9a-f]{40}$", **kwargs)


class Bytes32(serializers.RegexField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(r"^0x[0-9a-f]{64}$", **kwargs)


class Signature(serializers.RegexField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(r"^0x[0-9a-f]{130}$", **kwargs)


Object = serializers.DictField


class SignedAct(serializers.Serializer):
    kind = serializers.ChoiceField(choices=ACCOUNT_ACTS + GUARDIAN_ACTS)
    message = Object(help_text="all fields of the EIP-712 type, integers as decimal strings")
    signatures = serializers.ListField(child=Signature(), min_length=1, max_length=100)


class ReceiptMessage(serializers.Serializer):
    digest = Bytes32()
    expiry = Bytes32(help_text="zero where the act names none")
    head = Bytes32()
    seq = Integer()
    book = Bytes32()
    at = Integer()
    code = serializers.CharField(allow_blank=True, help_text='"" when taken, else the reason of the refusal')


class Receipt(serializers.Serializer):
    message = ReceiptMessage()
    signature = Signature()


class Taken(serializers.Serializer):
    receipt = Receipt()
    taken = serializers.BooleanField()


class Problem(serializers.Serializer):
    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    code = serializers.ChoiceField(choices=CHOICES, help_text="stable: docs/api.md says what each means")
    receipt = Receipt(required=False)


class Entry(serializers.Serializer):
    seq = Integer()
    at = Integer()
    kind = serializers.ChoiceField(choices=BOOK_KINDS)
    digest = Bytes32()
    account = Address(allow_null=True)
    expiry = Bytes32(allow_null=True)
    message = Object()
    sealed = serializers.BooleanField(
        help_text="price, evidence and salt of a report are cut from the message"
    )
    signatures = serializers.ListField(child=Signature())
    head = Bytes32(allow_null=True)
    book = Bytes32()
    receipt = Receipt()


class Acts(serializers.Serializer):
    results = Entry(many=True)
    next = Integer(allow_null=True, help_text="cursor of the next page")


class Beat(serializers.Serializer):
    seq = Integer()
    book = Bytes32()
    at = Integer()
    signature = Signature()


class Head(serializers.Serializer):
    seq = Integer()
    book = Bytes32()
    at = Integer()


class Book(serializers.Serializer):
    entries = Entry(many=True)
    beats = Beat(many=True)
    head = Head()
    more = serializers.BooleanField()


class PublicEvent(serializers.Serializer):
    id = serializers.CharField(help_text="its place in the order of the book, and the cursor behind it")
    kind = serializers.ChoiceField(choices=list(EventKind))
    at = Integer(help_text="unix second; of a deadline, the one at which it passed")
    expiry = Bytes32(allow_null=True)
    slug = serializers.CharField(allow_null=True)
    digest = Bytes32(allow_null=True, help_text="of the act that it is")
    data = serializers.DictField(
        child=serializers.CharField(allow_null=True), help_text="by kind: docs/alerts.md"
    )


class Events(serializers.Serializer):
    results = PublicEvent(many=True)
    next = serializers.CharField(help_text="cursor behind the last of them; ask with it again, now or later")
    more = serializers.BooleanField(help_text="there are more already")


class Service(serializers.Serializer):
    chain_id = Integer()
    oracle = Address()
    factory = Address()
    feeds = Address(allow_blank=True, help_text="the factory of price feeds; empty where there is none")
    escrow = Address(
        allow_blank=True, help_text="holds the bonds; empty where deposits are the operator's word"
    )
    service = Address()
    treasury = Address()
    unbonding_delay = Integer()
    beat_seconds = Integer()
    head = Head()
    time = Integer()


class ExpiryIndex(serializers.Serializer):
    id = Bytes32()
    slug = serializers.CharField()
    version = Integer()
    spec = Object()


class ExpiryClaim(serializers.Serializer):
    price = Integer()
    pledged = Integer()
    required = Integer(help_text="wei, as worked out in `round`")
    status = serializers.ChoiceField(choices=Claim.Status.values)
    round = Integer(
        help_text="as its pledges and `claim_filled` name it; FILLED: the one that it took. Where that of an OPEN claim"
        " is less than the expiry's `round` + 1, a claim was filled since: the next pledge names that number, and works"
        " `required` out anew"
    )


class ListedExpiry(serializers.Serializer):
    id = Bytes32()
    slug = serializers.CharField()
    index = ExpiryIndex()
    expiry_at = Integer()
    terms = Object(help_text="as listed")
    raised = Object(allow_null=True, help_text="as raised by the value secured; null before it opens")
    stage = serializers.ChoiceField(choices=list(Stage))
    deadline = Integer(allow_null=True)
    round = Integer(help_text="number of filled claims; a pledge names the next one")
    ballot = Integer()
    tentative = Integer(allow_null=True)
    standing = Integer(allow_null=True)
    reports = Integer()
    report_stake = Integer()
    reward = Integer(help_text="wei; before it opens, what was deposited for it until now")
    reward_account = Address(
        help_text="deposit to it before the expiry opens, and its right reports share it"
    )
    value_secured = Integer(allow_null=True)
    opened_at = Integer(allow_null=True)
    price = Integer(allow_null=True)
    decided_by = serializers.ChoiceField(choices=list(DecidedBy), allow_null=True)
    final_at = Integer(allow_null=True)
    head = Bytes32()
    acts = Integer()
    electorate_weight = Integer()
    series_count = Integer(help_text="of ours on it; `/series?expiry=` with its id and `origin=factory` has them")
    publication = Object(
        allow_null=True, help_text="id, stage, tx_hash, final_on_chain_at; null before FINAL"
    )


class Expiry(ListedExpiry):
    series = serializers.ListField(
        child=Object(), help_text="as in /series; where `series_count` is larger, the first of them"
    )
    claims = ExpiryClaim(
        many=True, help_text="where `claims_count` is larger, those that took a round, and the heaviest"
    )
    claims_count = Integer(help_text="`/expiries/{name}/claims` has all of them")


class Claims(serializers.Serializer):
    results = ExpiryClaim(many=True)
    next = Integer(allow_null=True, help_text="cursor of the next page")


class Expiries(serializers.Serializer):
    results = ListedExpiry(many=True)
    next = serializers.CharField(allow_null=True, help_text="cursor of the next page")


class TranscriptEntry(serializers.Serializer):
    kind = serializers.CharField()
    message = Object()
    signatures = serializers.ListField(child=Signature())
    at = Integer()
    digest = Bytes32()
    seq = Integer()
    receipt = Receipt()


class TranscriptDomain(serializers.Serializer):
    chainId = Integer()  # noqa: N815  EIP-712 spells it so
    verifyingContract = Address()  # noqa: N815


class Transcript(serializers.Serializer):
    version = serializers.CharField()
    domain = TranscriptDomain()
    expiry = Bytes32()
    index = Object()
    expiry_at = Integer()
    terms = Object()
    raised = Object(allow_null=True)
    electorate = serializers.DictField(child=Integer())
    sealed = serializers.BooleanField()
    acts = TranscriptEntry(many=True)
    outcome = Object()


class Lock(serializers.Serializer):
    expiry = Bytes32()
    amount = Integer()


class Account(serializers.Serializer):
    address = Address()
    free = Integer()
    stake = Integer()
    unbonding = Integer()
    withdrawing = Integer()
    locked_stake = Integer(help_text="part of stake that unfinished expiries count on")
    locks = Lock(many=True)


_TEXTS = {
    400: "malformed",
    401: "unauthorized: no token of /me/tokens/, or one that was deleted",
    403: "bad_signature or not_an_attestor: not signed by whom it must be, or for another chain or contract",
    404: "not_found, unknown_expiry, unknown_publication or unknown_root",
    409: "refused by the protocol; `code` says why",
    413: "too_large",
    415: "the body must be application/json",
    429: "too_many_requests: the header Retry-After says in how many seconds to send it again",
    503: "unavailable, or intake_paused: nothing was done; `detail` says what to do",
}


def problems(*statuses: int) -> dict[tuple[int, str], OpenApiResponse]:
    """The problem answers of an endpoint, for `extend_schema`."""
    return {
        (status, "application/problem+json"): OpenApiResponse(Problem, description=_TEXTS[status])
        for status in statuses
    }


def query(name: str, text: str, kind: type = str) -> OpenApiParameter:
    """One optional parameter of the query."""
    return OpenApiParameter(name, kind, OpenApiParameter.QUERY, required=False, description=text)
