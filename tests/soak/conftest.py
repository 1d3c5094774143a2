"""A soak's ground under pytest: real commits, and one chain for all seeds of the sample."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.soak.ground import Ground, prepared


@pytest.fixture
def ground(transactional_db: None, tmp_path: Path) -> Iterator[Ground]:
    with prepared(tmp_path) as found:
        yield found
