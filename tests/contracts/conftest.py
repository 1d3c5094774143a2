"""One chain for the whole run, put back after every test."""

from collections.abc import Iterator

import pytest

from tests.contracts.bonds import Bonds, deploy_escrow
from tests.contracts.evm import Court, Evm, deploy_court


@pytest.fixture(scope="session")
def _deployed() -> Court:
    return deploy_court(Evm())


@pytest.fixture
def court(_deployed: Court) -> Iterator[Court]:
    snapshot = _deployed.evm.tester.take_snapshot()
    yield _deployed
    _deployed.evm.tester.revert_to_snapshot(snapshot)


@pytest.fixture
def evm(court: Court) -> Evm:
    return court.evm


@pytest.fixture
def bonds(court: Court) -> Bonds:
    return deploy_escrow(court)
