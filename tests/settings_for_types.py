"""The settings as mypy's Django plugin loads them: in any shell, with no service."""

from tests import settings_for_tests  # noqa: F401, I001  it sets the environment, so it comes first

from assize.settings import *  # noqa: F403
