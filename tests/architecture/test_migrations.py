"""Models and migrations say the same."""

import pytest
from django.core.management import call_command


@pytest.mark.django_db
def test_migrations__models_as_they_are__none_is_missing() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=1)
