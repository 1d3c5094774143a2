"""Which final prices still want a publication: read from the book once, so that a look costs what is new."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Max, QuerySet

from oracle.models import Act
from settlement.models import FinalPrice, PublicationItem


def note_new() -> None:
    """Read the book's Finals from behind the last one noted.

    Entries are committed in the order of their seq, under the book's lock: none can turn up behind one that was seen.
    Two workers may note the same; it stays one row.
    """
    last = FinalPrice.objects.aggregate(last=Max("seq"))["last"]
    finals = Act.objects.filter(kind="Final", seq__gt=last or 0).order_by("seq").values_list("seq", "expiry_id")
    FinalPrice.objects.bulk_create(
        [FinalPrice(seq=seq, expiry_id=expiry_id) for seq, expiry_id in finals], ignore_conflicts=True
    )


def waiting() -> QuerySet[FinalPrice]:
    """Those without a publication, in the order of the book."""
    return FinalPrice.objects.filter(waiting=True).order_by("seq")


def take(finals: Iterable[FinalPrice]) -> None:
    """They have a live item now; the caller holds the rows."""
    FinalPrice.objects.filter(pk__in=[final.pk for final in finals]).update(waiting=False)


def let_go(items: QuerySet[PublicationItem]) -> None:
    """These live items are none any more: their expiries are planned again."""
    expiries = list(items.filter(live=True).values_list("expiry_id", flat=True))
    items.filter(live=True).update(live=False)
    FinalPrice.objects.filter(expiry__in=expiries).update(waiting=True)


def let_go_of(items: Iterable[PublicationItem]) -> None:
    """The same of these rows."""
    let_go(PublicationItem.objects.filter(pk__in=[item.pk for item in items]))
