"""Indices, expiries and the book (DESIGN 4).

`Act` is the one append-only table and the truth: every entry of the book, in order. What stands in the columns of
`Expiry`, in `Claim` and in `Elector` is a projection of it, written in the same transaction; tests refold the acts
and compare. Prices have 18 decimals, money is in wei, times are unix seconds.
"""

from django.db import models
from django.db.models import F, Q, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import NullIf

from ledger.fields import AMOUNT_LIMIT, WholeField, whole_check
from oracle.event_models import Event
from protocol.entry import ZERO_WORD
from protocol.messages import BOOK_KINDS
from protocol.stages import DecidedBy, Stage
from protocol.terms import MAX_PRICE

__all__ = ["Act", "Beat", "BookHead", "Claim", "Elector", "Event", "Expiry", "Index", "Report", "Unbonding"]

MILESTONES = ["Opened", "Electorate", "Ruling", "Outage", "Final"]
"""Kinds of which an expiry has few, however many act on it."""


class Index(models.Model):
    """What is priced. Its spec is frozen: a change is a new version with a new id."""

    id = models.TextField(primary_key=True, help_text="keccak256 of the canonical JSON of the spec")
    slug = models.SlugField()
    version = models.PositiveIntegerField()
    spec = models.JSONField()

    class Meta:
        ordering = ["slug", "version"]
        verbose_name_plural = "indices"
        constraints = [models.UniqueConstraint(fields=["slug", "version"], name="oracle_index_version")]

    def __str__(self) -> str:
        return f"{self.slug} v{self.version}"


class Expiry(models.Model):
    """One index at one instant. Terms are frozen at listing; the rest follows the fold (protocol/resolution.py)."""

    id = models.TextField(primary_key=True, help_text="keccak256 of index, instant and terms (PROTOCOL 7)")
    slug = models.SlugField(unique=True, max_length=100)
    index = models.ForeignKey(Index, on_delete=models.PROTECT, related_name="expiries")
    expiry_at = models.BigIntegerField()
    opens_at = models.BigIntegerField(help_text="expiry_at + report_delay")
    terms = models.JSONField(help_text="as listed")
    raised = models.JSONField(null=True, help_text="as raised by the value secured, from Opened on")

    stage = models.TextField(choices=[(s.value, s.value) for s in Stage], default=Stage.SCHEDULED)
    deadline = models.BigIntegerField(null=True)
    round = models.PositiveIntegerField(default=0)
    ballot = models.PositiveIntegerField(default=0)
    tentative = WholeField(null=True)
    standing = WholeField(null=True)
    reward = WholeField(default=0, help_text="wei; funded before opening")
    reports = models.PositiveIntegerField(default=0)
    report_stake = WholeField(default=0)
    extensions = models.PositiveIntegerField(default=0)
    electorate_weight = WholeField(default=0)
    best_ballot_weight = WholeField(default=0)
    best_ballot_price = WholeField(null=True)
    judged_at = models.BigIntegerField(default=0)
    opened_at = models.BigIntegerField(null=True)
    value_secured = WholeField(null=True)
    price = WholeField(null=True)
    decided_by = models.TextField(null=True, choices=[(d.value, d.value) for d in DecidedBy])
    final_at = models.BigIntegerField(null=True)
    head = models.TextField(help_text="chain over this expiry's acts; after the last, the transcript")
    acts = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["expiry_at", "id"]
        verbose_name_plural = "expiries"
        constraints = [
            models.CheckConstraint(
                condition=Q(stage__in=[s.value for s in Stage]), name="oracle_expiry_stage"
            ),
            models.CheckConstraint(
                condition=Q(stage=Stage.FINAL, price__isnull=False, final_at__isnull=False, deadline=None)
                | (~Q(stage=Stage.FINAL) & Q(price=None, final_at=None, decided_by=None)),
                name="oracle_expiry_final_has_price",
            ),
            whole_check("price", least=1, below=MAX_PRICE, name="oracle_expiry_price_whole"),
            whole_check("reward", least=0, below=AMOUNT_LIMIT, name="oracle_expiry_reward_whole"),
        ]
        indexes = [
            models.Index(
                fields=["deadline", "id"], name="oracle_expiry_due", condition=Q(deadline__isnull=False)
            ),
            models.Index(
                fields=["opens_at"], name="oracle_expiry_opening", condition=Q(stage=Stage.SCHEDULED)
            ),
            models.Index(fields=["stage", "expiry_at"], name="oracle_expiry_stage_at"),
            models.Index(fields=["expiry_at", "id"], name="oracle_expiry_in_order"),
            models.Index(
                fields=["final_at", "id"], name="oracle_expiry_finals", condition=Q(stage=Stage.FINAL)
            ),
        ]

    def __str__(self) -> str:
        return self.slug


class Claim(models.Model):
    """Pledges at one price against the standing price. A price has at most one open claim."""

    class Status(models.TextChoices):
        OPEN = "OPEN"  # takes pledges
        FILLED = "FILLED"  # took its round
        RELEASED = "RELEASED"  # its pledges went back, whole

    expiry = models.ForeignKey(Expiry, on_delete=models.PROTECT, related_name="claims")
    price = WholeField()
    required = WholeField(help_text="wei, as worked out in `round`")
    round = models.PositiveIntegerField(help_text="number of claims filled when `required` was worked out")
    pledged = WholeField(default=0)
    status = models.TextField(choices=Status.choices, default=Status.OPEN)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["expiry", "price"], condition=Q(status="OPEN"), name="oracle_claim_one_open"
            ),
            models.CheckConstraint(
                condition=Q(pledged__lte=F("required")), name="oracle_claim_never_over_full"
            ),
            whole_check("price", least=1, below=MAX_PRICE, name="oracle_claim_price_whole"),
            whole_check("pledged", least=0, below=AMOUNT_LIMIT, name="oracle_claim_pledged_whole"),
        ]

    def __str__(self) -> str:
        return f"claim of {self.price} on {self.expiry_id}"


class Act(models.Model):
    """One entry of the book: an act taken, or an act of the service (PROTOCOL 7). Never edited.

    `message` is what was signed; the columns below it are what the fold looks acts up by.
    """

    seq = models.BigIntegerField(primary_key=True)
    at = models.BigIntegerField()
    kind = models.TextField(choices=[(kind, kind) for kind in BOOK_KINDS])
    digest = models.TextField(unique=True)
    account = models.TextField(null=True)
    expiry = models.ForeignKey(Expiry, null=True, on_delete=models.PROTECT, related_name="log")
    message = models.JSONField()
    signatures = models.JSONField()
    head = models.TextField(null=True)
    book = models.TextField()
    receipt_signature = models.TextField()

    price = WholeField(null=True)
    amount = WholeField(null=True, help_text="wei that this act locked")
    ballot = models.PositiveIntegerField(null=True)
    commitment = models.TextField(null=True)
    claim = models.ForeignKey(Claim, null=True, on_delete=models.PROTECT, related_name="pledges")
    evidence = models.GeneratedField(
        expression=NullIf(KeyTextTransform("evidence", "message"), Value(ZERO_WORD, models.TextField())),
        output_field=models.TextField(null=True),
        db_persist=True,
        help_text="hash of the document that it carries, as `message` has it",
    )

    class Meta:
        ordering = ["seq"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=BOOK_KINDS), name="oracle_act_kind"),
            models.UniqueConstraint(
                fields=["expiry", "account"], condition=Q(kind="Report"), name="oracle_act_one_report"
            ),
            models.UniqueConstraint(
                fields=["expiry", "account", "ballot"],
                condition=Q(kind="VoteCommit"),
                name="oracle_act_one_commit",
            ),
            models.UniqueConstraint(
                fields=["expiry", "account", "ballot"],
                condition=Q(kind="VoteReveal"),
                name="oracle_act_one_reveal",
            ),
            models.UniqueConstraint(
                fields=["expiry"], condition=Q(kind="Final"), name="oracle_act_one_final"
            ),
            models.UniqueConstraint(
                fields=["expiry"], condition=Q(kind="Opened"), name="oracle_act_one_opened"
            ),
            whole_check("price", least=1, below=MAX_PRICE, name="oracle_act_price_whole"),
            whole_check("amount", least=1, below=AMOUNT_LIMIT, name="oracle_act_amount_whole"),
        ]
        indexes = [
            models.Index(fields=["expiry", "seq"], name="oracle_act_expiry"),
            models.Index(fields=["account", "seq"], name="oracle_act_account"),
            models.Index(fields=["seq"], name="oracle_act_finals", condition=Q(kind="Final")),
            models.Index(
                fields=["kind", "seq"],
                name="oracle_act_rare",
                condition=Q(kind__in=MILESTONES),
            ),
            models.Index(  # an expiry's few milestones among its many acts
                fields=["expiry", "seq"], name="oracle_act_milestones", condition=Q(kind__in=MILESTONES)
            ),
            models.Index(  # who bonded most, of reports and of each claim
                fields=["expiry", "claim", "-amount", "seq"],
                include=["kind", "price"],
                name="oracle_act_stakes",
                condition=Q(kind__in=["Report", "Pledge"]),
            ),
            models.Index(  # what stands behind each document, told without the acts themselves
                fields=["expiry", "evidence", "seq"],
                include=["account", "price", "amount"],
                name="oracle_act_evidence",
                condition=Q(evidence__isnull=False),
            ),
            models.Index(
                fields=["account", "expiry"],
                name="oracle_act_bonds",
                condition=Q(kind__in=["Report", "Pledge"]),
            ),
            models.Index(  # whether a root of the escrow misses something that an account asked for
                fields=["account", "seq"], name="oracle_act_withdrawals", condition=Q(kind="Withdrawal")
            ),
            models.Index(  # of a service that works with real money: none
                fields=["seq"],
                name="oracle_act_by_word",
                condition=Q(kind="Deposit", message__block="0"),
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.seq} {self.kind}"


class Elector(models.Model):
    """One voter's weight in the electorate of one expiry, frozen when its first ballot opened."""

    expiry = models.ForeignKey(Expiry, on_delete=models.PROTECT, related_name="electors")
    account = models.TextField()
    weight = WholeField(help_text="wei of seasoned stake")
    worst_cut = WholeField(help_text="the most that this expiry can still cut from it")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["expiry", "account"], name="oracle_elector_once"),
            whole_check("weight", least=1, below=AMOUNT_LIMIT, name="oracle_elector_weight_whole"),
        ]
        indexes = [models.Index(fields=["account", "id"], name="oracle_elector_account")]

    def __str__(self) -> str:
        return f"{self.account} on {self.expiry_id}"


class Unbonding(models.Model):
    """Unstaked wei on their way to free. `done` once the ledger has moved them."""

    act = models.OneToOneField(Act, primary_key=True, on_delete=models.PROTECT)
    account = models.TextField()
    amount = WholeField()
    due_at = models.BigIntegerField()
    done = models.BooleanField(default=False)

    class Meta:
        ordering = ["due_at"]
        indexes = [
            models.Index(fields=["due_at"], name="oracle_unbonding_due", condition=Q(done=False)),
            models.Index(fields=["account"], name="oracle_unbonding_account", condition=Q(done=False)),
        ]

    def __str__(self) -> str:
        return f"{self.amount} wei of {self.account}"


class Beat(models.Model):
    """A signed sign of life with the head of the book at that time."""

    at = models.BigIntegerField(primary_key=True)
    seq = models.BigIntegerField()
    book = models.TextField()
    signature = models.TextField()

    class Meta:
        ordering = ["at"]

    def __str__(self) -> str:
        return f"beat at {self.at}"


class BookHead(models.Model):
    """The one row whose lock orders everything: whoever holds it may append to the book.

    `clock` never goes back, also where the host's does; `life_at` is the last entry or beat, from which a gap is told.
    `due_at`: nothing is due before it. It may be too early, never too late; most acts then need not look for more.
    While `paused_at` is set nothing is appended, and the clock stands at it (docs/time.md).
    """

    seq = models.BigIntegerField(default=0)
    book = models.TextField()
    at = models.BigIntegerField(default=0, help_text="time of the last entry")
    clock = models.BigIntegerField(default=0, help_text="the latest time that was ever acted on")
    life_at = models.BigIntegerField(default=0)
    due_at = models.BigIntegerField(default=0)
    paused_at = models.BigIntegerField(null=True, help_text="since when intake is paused")
    database_clock: int  # no column: what time it is for the database, read with the lock

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="oracle_bookhead_single"),
            models.CheckConstraint(  # whoever does not know of the pause cannot move the book either
                condition=Q(paused_at=None) | Q(clock=F("paused_at"), life_at=F("paused_at")),
                name="oracle_bookhead_paused_stands",
            ),
        ]

    def __str__(self) -> str:
        return f"book at #{self.seq}"


class Report(Act):
    """Reports among the acts. While sealed, its price is nobody's to show (oracle/sealing.py)."""

    class Manager(models.Manager["Report"]):
        def get_queryset(self) -> models.QuerySet["Report"]:
            return super().get_queryset().filter(kind="Report")

    objects = Manager()

    class Meta:
        proxy = True
