"""A migration after the baseline lets the code of before go on: old processes run on while it is applied.

docs/operating/upgrading.md says how a change is cut into what expands and what contracts. A migration that must break
this says so itself: a module constant `OLD_CODE_STOPS`, with the reason, which the changelog repeats.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.models import NOT_PROVIDED

ROOT = Path(__file__).resolve().parents[2]
BASELINE = Path(__file__).with_name("migrations_before_0.1.0.txt")
"""Every migration that a fresh database of 0.1.0 begins with: nobody runs code that is older."""


def ours() -> dict[str, Any]:
    loader = MigrationLoader(None)
    first = {app.label for app in apps.get_app_configs() if Path(app.path).parent == ROOT}
    return {f"{app}.{name}": found for (app, name), found in loader.disk_migrations.items() if app in first}


def what_old_code_does_not_survive(operation: Any) -> Iterator[str]:
    """Reasons, for one operation and what it is made of."""
    for inner in getattr(operation, "database_operations", ()):
        yield from what_old_code_does_not_survive(inner)
    match operation:
        case migrations.RemoveField() | migrations.DeleteModel():
            yield "old code still reads it: stop using it in one version, remove it in the next"
        case migrations.RenameField() | migrations.RenameModel() | migrations.AlterModelTable():
            yield "old code knows the old name: add, copy, and remove in the next version"
        case migrations.AddField(field=field) if not _left_out_is_fine(field):
            yield f"old code inserts rows without {operation.name}: give it null=True or db_default"
        case migrations.AlterField(field=field) if not field.null and field.db_default is NOT_PROVIDED:
            yield f"rows of old code may have no {operation.name}: only where it never was NULL, and then say so"


def _left_out_is_fine(field: models.Field[Any, Any]) -> bool:
    return field.generated or field.null or field.many_to_many or field.db_default is not NOT_PROVIDED


def problems(migration: Any, module: Any) -> list[str]:
    if getattr(module, "OLD_CODE_STOPS", ""):
        return []
    return [why for operation in migration.operations for why in what_old_code_does_not_survive(operation)]


def test_migrations__after_the_baseline__old_code_survives_them() -> None:
    known = set(BASELINE.read_text().split())
    found = {}
    for name, migration in ours().items():
        if name not in known:
            found[name] = problems(migration, importlib.import_module(migration.__module__))
    assert {name: whys for name, whys in found.items() if whys} == {}


def test_baseline__every_name__is_a_migration() -> None:
    """Else one that was renamed or squashed would be judged by nothing."""
    assert set(BASELINE.read_text().split()) <= set(ours())


TEXT = models.TextField()


@pytest.mark.parametrize(
    "operation",
    [
        migrations.RemoveField("act", "kind"),
        migrations.DeleteModel("Act"),
        migrations.RenameField("act", "kind", "sort"),
        migrations.RenameModel("Act", "Deed"),
        migrations.AlterModelTable("act", "deeds"),
        migrations.AddField("act", "note", models.TextField(default="")),
        migrations.AlterField("act", "note", TEXT),
        migrations.SeparateDatabaseAndState(database_operations=[migrations.RemoveField("act", "kind")]),
    ],
)
def test_operation__that_old_code_does_not_survive__is_refused_unless_it_says_why(operation: Any) -> None:
    migration = migrations.Migration("0099_x", "oracle")
    migration.operations = [operation]
    (why,) = problems(migration, object())
    assert why
    assert problems(migration, type("Module", (), {"OLD_CODE_STOPS": "the service stands still for it"})) == []


@pytest.mark.parametrize(
    "operation",
    [
        migrations.CreateModel("Deed", [("id", models.BigAutoField(primary_key=True))]),
        migrations.AddField("act", "note", models.TextField(null=True)),
        migrations.AddField("act", "note", models.TextField(db_default="")),
        migrations.AddField(
            "act", "note", models.GeneratedField(expression=models.F("kind"), output_field=TEXT, db_persist=True)
        ),
        migrations.AlterField("act", "note", models.TextField(null=True)),
        migrations.AddIndex("act", models.Index(fields=["kind"], name="x")),
        migrations.RunSQL("SELECT 1"),
    ],
)
def test_operation__that_expands__is_let_through(operation: Any) -> None:
    migration = migrations.Migration("0099_x", "oracle")
    migration.operations = [operation]
    assert problems(migration, object()) == []
