"""Admin classes that show and do nothing else; superusers are no exception (RELIABILITY 3, C-40)."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.http import HttpRequest
from django.utils.functional import cached_property
from unfold.admin import ModelAdmin, TabularInline

from operators import shown


class ReadOnlyAdmin(ModelAdmin):
    """Rows to look at. `shows` says by column how it is shown, where its name and type do not (operators/shown.py)."""

    shows: ClassVar[Mapping[str, shown.Show]] = {}
    empty_value_display = "–"
    show_full_result_count = False  # no second COUNT over the whole table

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        names = super().get_list_display(request)
        return [shown.column(self.model, name, self.shows, in_list=True) for name in names]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return [shown.column(self.model, name, self.shows) for name in super().get_fields(request, obj)]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnlyInline(TabularInline):
    """Rows shown below another row."""

    shows: ClassVar[Mapping[str, shown.Show]] = {}
    extra = 0
    can_delete = False

    @cached_property
    def columns(self) -> list[Any]:
        """All that the model has, but for its key and the row that it stands below."""
        left_out = {"id", *(self.exclude or ())}
        fields = [field for field in self.model._meta.fields if field.name not in left_out]
        shown_here = [field.name for field in fields if field.related_model is not self.parent_model]
        return [shown.column(self.model, name, self.shows) for name in shown_here]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return self.columns

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        # The same functions: of what is not read-only Django makes a form, which knows columns by name alone.
        return self.columns

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
