"""Whole numbers of any size in a column, and the CHECK that goes with them."""

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import F, Func, Q

# More wei than there will ever be. This bound also refuses NaN and Infinity, which are above any number.
AMOUNT_LIMIT = 2**128

if TYPE_CHECKING:
    IntField = models.Field[int, int]
else:
    IntField = models.Field  # generic for the type checker alone


class WholeField(IntField):
    """A Python int of any size in a column of PostgreSQL's `numeric`.

    Without a scale on purpose: numeric(78,0) would round 1.5 to 2 before a CHECK could see it.
    Give every such column a `whole_check`.
    """

    description = "Whole number of any size"

    def db_type(self, connection: Any) -> str:
        return "numeric"

    def from_db_value(self, value: Decimal | None, expression: Any, connection: Any) -> int | None:
        return None if value is None else _to_int(value)

    def to_python(self, value: Any) -> int | None:
        return None if value is None else _to_int(value)

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        if value is None or hasattr(value, "resolve_expression"):
            return value
        return _to_int(value)


def whole_check(field: str, *, least: int, below: int, name: str) -> models.CheckConstraint:
    """A CHECK that a WholeField holds a whole number in [least, below): no fraction, NaN or Infinity."""
    whole = Q(**{field: Func(F(field), function="trunc", output_field=WholeField())})
    bounds = Q(**{f"{field}__gte": least, f"{field}__lt": below})
    return models.CheckConstraint(condition=whole & bounds, name=name)


def _to_int(value: Any) -> int:
    """TypeError for a float or bool, ValueError for what is not whole: neither may be rounded silently."""
    if isinstance(value, (bool, float)):
        raise TypeError(f"an int is wanted, not {value!r}")
    if not isinstance(value, Decimal):
        return int(value)
    if not value.is_finite() or (whole := int(value)) != value:
        raise ValueError(f"not a whole number: {value}")
    return whole
