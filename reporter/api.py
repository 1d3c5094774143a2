"""The API's shapes and operations, typed. Written by `manage.py api_client`; a test compares. Do not edit.

Integers are decimal strings, as they come over the wire. `ask` does the HTTP: method, path below /api/v1/, query, body.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, NotRequired, TypedDict

Transport = Callable[[str, str, Mapping[str, str | int | None], Any], Any]
"""Answers with the JSON of a success, and raises for everything else. None in the query: leave it out."""


ChannelEnum = Literal[
    "mail",
    "webhook",
]


DecidedByEnum = Literal[
    "silence",
    "vote",
    "ruling",
    "default",
]


DeliveryShapeStateEnum = Literal[
    "WAITING",
    "SENT",
    "GAVE_UP",
]


DeviationFromEnum = Literal[
    "standing",
    "mine",
]


EntryKindEnum = Literal[
    "Report",
    "Pledge",
    "VoteCommit",
    "VoteReveal",
    "Stake",
    "Unstake",
    "Withdrawal",
    "Ruling",
    "Opened",
    "Electorate",
    "Outage",
    "Deposit",
    "Final",
]


EscrowEventKindEnum = Literal[
    "Deposited",
    "Claimed",
    "Exited",
    "RootPosted",
    "RootCancelled",
    "RootsEnded",
]


EscrowEventStateEnum = Literal[
    "PENDING",
    "FINAL",
    "GONE",
]


EventKind = Literal[
    "listed",
    "series_created",
    "opened",
    "reported",
    "reporting_extended",
    "standing",
    "pledged",
    "claim_filled",
    "electorate_taken",
    "ballot_opened",
    "vote_committed",
    "reveal_opened",
    "vote_revealed",
    "ruling_opened",
    "ruled",
    "outage",
    "final",
    "published",
    "final_on_chain",
]


ExpiryStage = Literal[
    "SCHEDULED",
    "REPORTING",
    "CHALLENGE",
    "COMMIT",
    "REVEAL",
    "RULING",
    "FINAL",
]


FinalityReasonCodeEnum = Literal[
    "final_on_chain",
    "not_open",
    "reports_sealed",
    "may_be_challenged",
    "vote_runs",
    "guardians_decide",
    "no_deadline",
    "deadline_passed",
    "not_published",
    "not_in_a_block",
    "not_deep",
    "cancelled",
    "chain_differs",
]


OpenAlarmKindEnum = Literal[
    "price_differs",
    "escrow_differs",
    "escrow_stopped",
    "series_stopped",
    "below_quorum",
    "clocks_apart",
    "finality_stalls",
    "signer_refused",
    "signer_low",
    "publication_stuck",
    "fee_ceiling",
    "price_overdue",
    "ruling_waits",
    "row_overdue",
    "no_beat",
]


OriginEnum = Literal[
    "factory",
    "foreign",
]


ProblemCode = Literal[
    "out_of_order",
    "wrong_stage",
    "already_reported",
    "price_out_of_bounds",
    "price_off_tick",
    "bond_out_of_bounds",
    "wrong_round",
    "expired",
    "agrees_with_standing",
    "pledge_too_small",
    "wrong_ballot",
    "not_a_voter",
    "already_committed",
    "no_commitment",
    "already_revealed",
    "commitment_mismatch",
    "not_a_candidate",
    "bad_outage",
    "malformed",
    "too_large",
    "unknown_expiry",
    "bad_signature",
    "insufficient_balance",
    "insufficient_stake",
    "stake_locked",
    "unauthorized",
    "not_an_attestor",
    "not_found",
    "unknown_publication",
    "unknown_root",
    "method_not_allowed",
    "too_many",
    "unsupported_media_type",
    "too_many_requests",
    "internal_error",
    "unavailable",
    "intake_paused",
]


PublicationStage = Literal[
    "PLANNED",
    "SIGNED",
    "SENT",
    "MINED",
    "FINAL",
    "FAILED",
]


PurposeEnum = Literal[
    "event",
    "reminder",
    "test",
    "confirm",
    "disabled",
]


RedeemedEnum = Literal[
    "none",
    "partly",
    "fully",
]


RootStage = Literal[
    "PLANNED",
    "SIGNED",
    "SENT",
    "POSTED",
    "FINAL",
    "FAILED",
]


ScopeEnum = Literal[
    "expiry",
    "index",
    "account",
    "votes",
    "all",
]


SignedActKindEnum = Literal[
    "Report",
    "Pledge",
    "VoteCommit",
    "VoteReveal",
    "Stake",
    "Unstake",
    "Withdrawal",
    "Ruling",
]


StatusEnum = Literal[
    "OPEN",
    "FILLED",
    "RELEASED",
]


UnboundedEnum = Literal[
    "opening_waits",
    "ruling_waits",
    "ruling_may_wait",
]


WordEnum = Literal[
    "ok",
    "attention",
    "stopped",
]


class Account(TypedDict):
    address: str
    free: str
    stake: str
    unbonding: str
    withdrawing: str
    locked_stake: str
    locks: list[Lock]


class Acts(TypedDict):
    results: list[Entry]
    next: str | None


class Ask(TypedDict):
    price: str
    final: NotRequired[str]
    amount: NotRequired[str]
    units: NotRequired[dict[str, str]]


class AttemptShape(TypedDict):
    at: str
    milliseconds: str
    status: str | None
    said: str


class Attested(TypedDict):
    signature: NotRequired[str]
    attestor: NotRequired[str]
    refusal: NotRequired[str]


class AttestorSet(TypedDict):
    threshold: str
    attestors: list[RunningAttestor]
    waiting: WaitingSet | None
    guardians: list[str]
    guardian_threshold: str
    owner: str
    set_delay: str


class AuditHead(TypedDict):
    seq: str
    head: str


class Beat(TypedDict):
    seq: str
    book: str
    at: str
    signature: str


class Book(TypedDict):
    entries: list[Entry]
    beats: list[Beat]
    head: Head
    more: bool


class ChainPlace(TypedDict):
    stage: PublicationStage
    tx_hash: str | None
    pays_from: str | None
    final_at: str | None
    block: str | None
    head: str | None
    depth: str | None
    depth_wanted: str


class Claims(TypedDict):
    results: list[ExpiryClaim]
    next: str | None


class Deliveries(TypedDict):
    results: list[DeliveryShape]
    next: str | None


class DeliveryShape(TypedDict):
    id: str
    message: str
    channel: ChannelEnum
    purpose: PurposeEnum
    event: str | None
    follow: str | None
    state: DeliveryShapeStateEnum
    next_at: str | None
    created_at: str
    attempts: list[AttemptShape]


class Dispute(TypedDict):
    required: str
    left: str
    at_risk: str
    gain: str
    break_even: Probability
    net: str
    rounds: list[SimulatedRound]


class Entry(TypedDict):
    seq: str
    at: str
    kind: EntryKindEnum
    digest: str
    account: str | None
    expiry: str | None
    message: dict[str, Any]
    sealed: bool
    signatures: list[str]
    head: str | None
    book: str
    receipt: Receipt


class EscrowEvent(TypedDict):
    kind: EscrowEventKindEnum
    state: EscrowEventStateEnum
    account: str
    amount: str
    block: str
    block_hash: str
    tx: str
    log_index: str
    entry: str | None


class EscrowEvents(TypedDict):
    results: list[EscrowEvent]
    next: str | None
    credited_to: str | None
    stale: bool


class Events(TypedDict):
    results: list[PublicEvent]
    next: str
    more: bool


class Evidence(TypedDict):
    evidence: str
    document: dict[str, Any]
    acts: list[str]
    files: list[str]


class Expiries(TypedDict):
    results: list[ListedExpiry]
    next: str | None


class Expiry(TypedDict):
    id: str
    slug: str
    index: ExpiryIndex
    expiry_at: str
    terms: dict[str, Any]
    raised: dict[str, Any] | None
    stage: ExpiryStage
    deadline: str | None
    round: str
    ballot: str
    tentative: str | None
    standing: str | None
    reports: str
    report_stake: str
    reward: str
    reward_account: str
    value_secured: str | None
    opened_at: str | None
    price: str | None
    decided_by: DecidedByEnum | None
    final_at: str | None
    head: str
    acts: str
    electorate_weight: str
    series_count: str
    publication: dict[str, Any] | None
    series: list[dict[str, Any]]
    claims: list[ExpiryClaim]
    claims_count: str


class ExpiryClaim(TypedDict):
    price: str
    pledged: str
    required: str
    status: StatusEnum
    round: str


class ExpiryIndex(TypedDict):
    id: str
    slug: str
    version: str
    spec: dict[str, Any]


class Finality(TypedDict):
    id: str
    slug: str
    stage: ExpiryStage
    safe_to_settle: bool
    reasons: list[FinalityReason]
    standing: str | None
    price: str | None
    decided_by: DecidedByEnum | None
    final_at: str | None
    earliest_final_at: str
    undisputed_final_at: str | None
    latest_final_at: str | None
    unbounded: UnboundedEnum | None
    payouts: list[SeriesPayout]
    chain: ChainPlace | None


class FinalityReason(TypedDict):
    code: FinalityReasonCodeEnum
    means: str


class FollowShape(TypedDict):
    scope: ScopeEnum
    target: str
    kinds: list[EventKind]
    deviation_bps: str | None
    deviation_from: DeviationFromEnum
    least_value: str | None
    mail: str | None
    webhook: str | None
    feed: bool
    id: str
    paused: bool
    feed_url: str | None


class Follows(TypedDict):
    results: list[FollowShape]
    next: str | None


class HandIn(TypedDict):
    document: dict[str, Any]
    files: list[str]


class HandedIn(TypedDict):
    evidence: str


class Head(TypedDict):
    seq: str
    book: str
    at: str


class Item(TypedDict):
    expiry: str
    attempt: str
    price: str
    transcript: str
    payouts: str


class LastRefusal(TypedDict):
    text: str
    at: str


class LastSignature(TypedDict):
    attestor: str
    at: str


class ListedExpiry(TypedDict):
    id: str
    slug: str
    index: ExpiryIndex
    expiry_at: str
    terms: dict[str, Any]
    raised: dict[str, Any] | None
    stage: ExpiryStage
    deadline: str | None
    round: str
    ballot: str
    tentative: str | None
    standing: str | None
    reports: str
    report_stake: str
    reward: str
    reward_account: str
    value_secured: str | None
    opened_at: str | None
    price: str | None
    decided_by: DecidedByEnum | None
    final_at: str | None
    head: str
    acts: str
    electorate_weight: str
    series_count: str
    publication: dict[str, Any] | None


class Lock(TypedDict):
    expiry: str
    amount: str


class MovedSeries(TypedDict):
    series: str
    strike: str
    collateral: str
    unit: str
    standing: SidePayout | None
    counter: SidePayout | None
    final: SidePayout | None
    units: str | None
    moved_to_p: str | None


class NewFollow(TypedDict):
    scope: ScopeEnum
    target: str
    kinds: list[EventKind]
    deviation_bps: str | None
    deviation_from: DeviationFromEnum
    least_value: str | None
    mail: str | None
    webhook: str | None
    feed: bool


class NewWebhook(TypedDict):
    url: str


class OpenAlarm(TypedDict):
    kind: OpenAlarmKindEnum
    subject: str
    words: str
    stops: str
    since: str
    last_seen: str


class OwnVote(TypedDict):
    ballot: str
    commitment: str | None
    price: str | None


class Probability(TypedDict):
    numerator: str
    denominator: str
    ppm: str


class Problem(TypedDict):
    type: str
    title: str
    status: int
    detail: str
    code: ProblemCode
    receipt: NotRequired[Receipt]


class ProvenLeaf(TypedDict):
    epoch: str
    root: str
    block: str
    seq: str
    account: str
    withdrawable: str
    entitled: str
    deposited: str
    proof: list[str]


class PublicEvent(TypedDict):
    id: str
    kind: EventKind
    at: str
    expiry: str | None
    slug: str | None
    digest: str | None
    data: dict[str, str | None]


class Publication(TypedDict):
    id: str
    stage: PublicationStage
    reason: str
    tx_hash: str | None
    final_on_chain_at: str | None
    items: list[Item]
    signatures: list[PublicationSignature]
    refusals: list[Refusal]


class PublicationSignature(TypedDict):
    attestor: str
    signature: str


class Publications(TypedDict):
    results: list[Publication]
    next: str | None


class Receipt(TypedDict):
    message: ReceiptMessage
    signature: str


class ReceiptMessage(TypedDict):
    digest: str
    expiry: str
    head: str
    seq: str
    book: str
    at: str
    code: str


class Refusal(TypedDict):
    attestor: str
    text: str
    at: str


class Reserves(TypedDict):
    escrow: str
    deposited: str
    paid: str
    balance: str
    owed: str
    difference: str
    problem: str | None
    block: str | None
    root: Root | None


class Root(TypedDict):
    id: str
    epoch: str
    root: str
    block: str
    seq: str
    accounts: str
    debt: str
    audit: AuditHead | None
    stage: RootStage
    reason: str
    tx_hash: str | None
    final_at: str | None
    signatures: list[PublicationSignature]
    refusals: list[Refusal]


class RootFile(TypedDict):
    epoch: str
    root: str
    block: str
    seq: str
    leaves: list[list[str]]
    audit: NotRequired[AuditHead]


class Roots(TypedDict):
    results: list[Root]
    next: str | None


class RulingProgress(TypedDict):
    digest: str
    collected: str
    needed: str
    receipt: Receipt | None


class RunningAttestor(TypedDict):
    address: str
    signed_at: str | None
    refused: LastRefusal | None


class SecurityMargin(TypedDict):
    bonds: str
    answers: str
    stake: str
    cost: str
    gain: str | None
    from_value_secured: bool
    margin: str | None
    could_pay: bool | None


class Series(TypedDict):
    address: str
    origin: OriginEnum
    expiry: str
    strike: str | None
    collateral: str
    decimals: str
    p: str
    n: str
    feed: str
    settled: bool
    redeemable: bool
    redeemed: RedeemedEnum
    units: Units | None


class SeriesPage(TypedDict):
    counted_to: str | None
    results: list[Series]
    next: str | None


class SeriesPayout(TypedDict):
    series: str
    strike: str
    collateral: str
    unit: str
    p: str
    n: str


class Service(TypedDict):
    chain_id: str
    oracle: str
    factory: str
    feeds: str
    escrow: str
    service: str
    treasury: str
    unbonding_delay: str
    beat_seconds: str
    head: Head
    time: str


class SidePayout(TypedDict):
    price: str
    p: str
    n: str


class SignRuling(TypedDict):
    price: str
    reason: str
    signature: str


class SignedAct(TypedDict):
    kind: SignedActKindEnum
    message: dict[str, Any]
    signatures: list[str]


class Simulated(TypedDict):
    moved_value: str | None
    moved_rated: str | None
    moved_unrated: list[UnratedAmount]
    expiry: str
    stage: ExpiryStage
    price: str
    final: str
    standing: str | None
    dispute: Dispute | None
    refusal: str | None
    refusal_means: str | None
    series: list[MovedSeries]
    security: SecurityMargin | None
    worst: WorstPrice | None


class SimulatedRound(TypedDict):
    round: str
    price: str
    required: str
    opens_ballot: bool


class StatusAnswer(TypedDict):
    word: WordEnum
    at: str
    parts: list[StatusPart]
    alarms: list[OpenAlarm]
    alarms_open: str
    signed: list[LastSignature]


class StatusPart(TypedDict):
    name: str
    word: WordEnum
    words: str
    well_at: str | None


class Taken(TypedDict):
    receipt: Receipt
    taken: bool


class Transcript(TypedDict):
    version: str
    domain: TranscriptDomain
    expiry: str
    index: dict[str, Any]
    expiry_at: str
    terms: dict[str, Any]
    raised: dict[str, Any] | None
    electorate: dict[str, str]
    sealed: bool
    acts: list[TranscriptEntry]
    outcome: dict[str, Any]


class TranscriptDomain(TypedDict):
    chainId: str
    verifyingContract: str


class TranscriptEntry(TypedDict):
    kind: str
    message: dict[str, Any]
    signatures: list[str]
    at: str
    digest: str
    seq: str
    receipt: Receipt


class Units(TypedDict):
    split: str
    merged: str
    redeemed_p: str
    redeemed_n: str
    left_p: str
    left_n: str
    paid_p: str
    paid_n: str
    left: str


class UnratedAmount(TypedDict):
    collateral: str
    amount: str


class Voter(TypedDict):
    account: str
    weight: str
    root: str
    proof: list[str]
    votes: list[OwnVote]


class WaitingSet(TypedDict):
    nonce: str
    attestors: list[str]
    threshold: str
    applies_from: str


class WebhookMade(TypedDict):
    url: str
    id: str
    failing_since: str | None
    disabled_at: str | None
    secret: str


class WebhookShape(TypedDict):
    url: str
    id: str
    failing_since: str | None
    disabled_at: str | None


class Webhooks(TypedDict):
    results: list[WebhookShape]
    next: str | None


class WorstPrice(TypedDict):
    moved_value: str | None
    moved_rated: str | None
    moved_unrated: list[UnratedAmount]
    price: str
    security: SecurityMargin


class Api:
    """One service; each method is one operation."""

    def __init__(self, ask: Transport) -> None:
        self._ask = ask

    def account(
        self,
        address: str | int,
    ) -> Account:
        """An account's money in wei, and where it is locked."""
        found: Account = self._ask(
            "GET", f"accounts/{address}", {}, None
        )
        return found

    def account_acts(
        self,
        address: str | int,
        *,
        cursor: str | int | None = None,
        limit: str | int | None = None,
    ) -> Acts:
        """An account's entries in the book, the newest first, each with its receipt."""
        found: Acts = self._ask(
            "GET", f"accounts/{address}/acts", {"cursor": cursor, "limit": limit}, None
        )
        return found

    def deposits(
        self,
        address: str | int,
        *,
        cursor: str | int | None = None,
        limit: str | int | None = None,
    ) -> EscrowEvents:
        """An account's deposits, claims and exits at the escrow, pending ones included."""
        found: EscrowEvents = self._ask(
            "GET", f"accounts/{address}/deposits", {"cursor": cursor, "limit": limit}, None
        )
        return found

    def leaf(
        self,
        address: str | int,
        *,
        epoch: str | int | None = None,
    ) -> ProvenLeaf:
        """An account's leaf and proof in the last final root, or in that of an epoch."""
        found: ProvenLeaf = self._ask(
            "GET", f"accounts/{address}/leaf", {"epoch": epoch}, None
        )
        return found

    def send_act(
        self,
        body: SignedAct,
    ) -> Taken:
        """Send one signed act."""
        found: Taken = self._ask(
            "POST", "acts", {}, body
        )
        return found

    def act(
        self,
        digest: str | int,
    ) -> Entry:
        """One entry of the book by its digest, with its receipt."""
        found: Entry = self._ask(
            "GET", f"acts/{digest}", {}, None
        )
        return found

    def attestors(
        self,
    ) -> AttestorSet:
        """The oracle's attestors, what each last said, and the set that waits to take their place."""
        found: AttestorSet = self._ask(
            "GET", "attestors", {}, None
        )
        return found

    def book(
        self,
        *,
        after: str | int | None = None,
        beats_after: str | int | None = None,
        limit: str | int | None = None,
    ) -> Book:
        """Entries and beats after those that you have."""
        found: Book = self._ask(
            "GET", "book", {"after": after, "beats_after": beats_after, "limit": limit}, None
        )
        return found

    def deliveries(
        self,
        *,
        cursor: str | int | None = None,
        limit: str | int | None = None,
    ) -> Deliveries:
        """What was sent to the token's account, newest first."""
        found: Deliveries = self._ask(
            "GET", "deliveries", {"cursor": cursor, "limit": limit}, None
        )
        return found

    def replay(
        self,
        delivery: str | int,
    ) -> DeliveryShape:
        """Send a delivery once more, under the same id."""
        found: DeliveryShape = self._ask(
            "POST", f"deliveries/{delivery}/replay", {}, None
        )
        return found

    def events(
        self,
        *,
        after: str | int | None = None,
        expiry: str | int | None = None,
        kind: str | int | None = None,
        limit: str | int | None = None,
    ) -> Events:
        """What has happened, in the order of the book."""
        found: Events = self._ask(
            "GET", "events", {"after": after, "expiry": expiry, "kind": kind, "limit": limit}, None
        )
        return found

    def send_evidence(
        self,
        body: HandIn,
    ) -> HandedIn:
        """Hand in the document behind an act's `evidence`, with its files."""
        found: HandedIn = self._ask(
            "POST", "evidence", {}, body
        )
        return found

    def evidence(
        self,
        evidence: str | int,
    ) -> Evidence:
        """A document that a public act carries."""
        found: Evidence = self._ask(
            "GET", f"evidence/{evidence}", {}, None
        )
        return found

    def expiries(
        self,
        *,
        cursor: str | int | None = None,
        index: str | int | None = None,
        limit: str | int | None = None,
        stage: str | int | None = None,
    ) -> Expiries:
        """Expiries in the order of their instants."""
        found: Expiries = self._ask(
            "GET", "expiries", {"cursor": cursor, "index": index, "limit": limit, "stage": stage}, None
        )
        return found

    def expiry(
        self,
        name: str | int,
    ) -> Expiry:
        """One expiry, by id or slug."""
        found: Expiry = self._ask(
            "GET", f"expiries/{name}", {}, None
        )
        return found

    def claims(
        self,
        name: str | int,
        *,
        cursor: str | int | None = None,
        limit: str | int | None = None,
    ) -> Claims:
        """All claims on an expiry, in the order in which they were opened."""
        found: Claims = self._ask(
            "GET", f"expiries/{name}/claims", {"cursor": cursor, "limit": limit}, None
        )
        return found

    def finality(
        self,
        name: str | int,
    ) -> Finality:
        """Is the price safe to settle by; if not, why, and when at the latest."""
        found: Finality = self._ask(
            "GET", f"expiries/{name}/finality", {}, None
        )
        return found

    def sign_ruling(
        self,
        name: str | int,
        body: SignRuling,
    ) -> RulingProgress:
        """Add one guardian's signature to a ruling."""
        found: RulingProgress = self._ask(
            "POST", f"expiries/{name}/rulings", {}, body
        )
        return found

    def simulate(
        self,
        name: str | int,
        *,
        price: str | int,
        amount: str | int | None = None,
        final: str | int | None = None,
        units: str | int | None = None,
    ) -> Simulated:
        """What disputing the standing price would cost, gain and change; nothing is signed."""
        found: Simulated = self._ask(
            "GET", f"expiries/{name}/simulate", {"amount": amount, "final": final, "price": price, "units": units}, None
        )
        return found

    def simulate_with_units(
        self,
        name: str | int,
        body: Ask,
    ) -> Simulated:
        """The same, with the units of each series."""
        found: Simulated = self._ask(
            "POST", f"expiries/{name}/simulate", {}, body
        )
        return found

    def transcript(
        self,
        name: str | int,
    ) -> Transcript:
        """Everything that anybody needs to run an expiry again, offline."""
        found: Transcript = self._ask(
            "GET", f"expiries/{name}/transcript", {}, None
        )
        return found

    def voter(
        self,
        address: str | int,
        name: str | int,
    ) -> Voter:
        """One account's weight in an electorate, with its proof, and its votes."""
        found: Voter = self._ask(
            "GET", f"expiries/{name}/voters/{address}", {}, None
        )
        return found

    def follows(
        self,
        *,
        cursor: str | int | None = None,
        limit: str | int | None = None,
    ) -> Follows:
        """What the token's account follows."""
        found: Follows = self._ask(
            "GET", "follows", {"cursor": cursor, "limit": limit}, None
        )
        return found

    def follow(
        self,
        body: NewFollow,
    ) -> FollowShape:
        """Follow something; told is what happens from now on."""
        found: FollowShape = self._ask(
            "POST", "follows", {}, body
        )
        return found

    def unfollow(
        self,
        follow: str | int,
    ) -> FollowShape:
        """Follow it no more."""
        found: FollowShape = self._ask(
            "DELETE", f"follows/{follow}", {}, None
        )
        return found

    def publications(
        self,
        *,
        cursor: str | int | None = None,
        limit: str | int | None = None,
        stage: str | int | None = None,
    ) -> Publications:
        """Batches of final prices on their way to the chain, the oldest first."""
        found: Publications = self._ask(
            "GET", "publications", {"cursor": cursor, "limit": limit, "stage": stage}, None
        )
        return found

    def attest(
        self,
        publication_id: str | int,
        body: Attested,
    ) -> Publication:
        """An attestor's signature over a publication, or why it does not sign."""
        found: Publication = self._ask(
            "POST", f"publications/{publication_id}/signatures", {}, body
        )
        return found

    def reserves(
        self,
    ) -> Reserves:
        """Proof of reserves: what the escrow holds and owes, to the wei."""
        found: Reserves = self._ask(
            "GET", "reserves", {}, None
        )
        return found

    def roots(
        self,
        *,
        cursor: str | int | None = None,
        limit: str | int | None = None,
        stage: str | int | None = None,
    ) -> Roots:
        """Roots of what the escrow owes, on their way to the chain, the oldest first."""
        found: Roots = self._ask(
            "GET", "roots", {"cursor": cursor, "limit": limit, "stage": stage}, None
        )
        return found

    def root_file(
        self,
        epoch: str | int,
    ) -> RootFile:
        """All leaves of a root."""
        found: RootFile = self._ask(
            "GET", f"roots/{epoch}/leaves", {}, None
        )
        return found

    def attest_root(
        self,
        root_id: str | int,
        body: Attested,
    ) -> Root:
        """An attestor's signature over a root, or why it does not sign."""
        found: Root = self._ask(
            "POST", f"roots/{root_id}/signatures", {}, body
        )
        return found

    def series(
        self,
        *,
        cursor: str | int | None = None,
        expiry: str | int | None = None,
        limit: str | int | None = None,
        origin: str | int | None = None,
    ) -> SeriesPage:
        """Series, by address: settled, redeemable and redeemed, three things."""
        found: SeriesPage = self._ask(
            "GET", "series", {"cursor": cursor, "expiry": expiry, "limit": limit, "origin": origin}, None
        )
        return found

    def service(
        self,
    ) -> Service:
        """Whose signatures count, and for which chain and contract."""
        found: Service = self._ask(
            "GET", "service", {}, None
        )
        return found

    def status(
        self,
    ) -> StatusAnswer:
        """How the service is: alarms, and each part with when it was last seen well."""
        found: StatusAnswer = self._ask(
            "GET", "status", {}, None
        )
        return found

    def webhooks(
        self,
        *,
        cursor: str | int | None = None,
        limit: str | int | None = None,
    ) -> Webhooks:
        """The targets of the token's account."""
        found: Webhooks = self._ask(
            "GET", "webhooks", {"cursor": cursor, "limit": limit}, None
        )
        return found

    def add_webhook(
        self,
        body: NewWebhook,
    ) -> WebhookMade:
        """A target, with a new secret."""
        found: WebhookMade = self._ask(
            "POST", "webhooks", {}, body
        )
        return found

    def drop_webhook(
        self,
        webhook: str | int,
    ) -> WebhookShape:
        """Send nothing there any more."""
        found: WebhookShape = self._ask(
            "DELETE", f"webhooks/{webhook}", {}, None
        )
        return found
