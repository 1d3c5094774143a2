"""What the signer has is read by a quorum, kept with its time, and an alarm below PUBLISHER_LEAST_WEI."""

from __future__ import annotations

from typing import Any

import pytest

from settlement.alarms import AlarmKind, open_alarms
from settlement.chain import providers, quorum
from settlement.chain.errors import ChainDown
from settlement.models import ChainState
from settlement.services import funds, reconciling
from settlement.signers.configured import configured
from tests.chain.conftest import World


def low() -> dict[str, str]:
    return dict(open_alarms().filter(kind=AlarmKind.SIGNER_LOW).values_list("subject", "words"))


def known() -> tuple[str, int | None, int]:
    row = ChainState.objects.get()
    return row.signer, None if row.signer_wei is None else int(row.signer_wei), row.signer_at


def test_look__the_signer_has_less_than_the_setting__alarm_until_it_has_enough(world: World, settings: Any) -> None:
    now, address = world.node.now(), configured().address
    reconciling.look(now=now)
    signer, wei, at = known()
    assert (signer, at) == (address, now)
    assert wei is not None and wei > settings.PUBLISHER_LEAST_WEI
    assert low() == {}
    settings.PUBLISHER_LEAST_WEI = wei + 1
    reconciling.look(now=now + 1)
    assert low() == {address: f"{address} has {wei} wei, PUBLISHER_LEAST_WEI is {wei + 1}: send it ether"}
    settings.PUBLISHER_LEAST_WEI = wei
    reconciling.look(now=now + 2)
    assert low() == {}


def test_look__no_signer_or_no_quorum__what_was_known_stays(
    world: World, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = world.node.now()
    reconciling.look(now=now)
    before = known()
    nodes = providers.connect()
    head = quorum.newest_block(nodes)

    def lost(*_: object) -> list[int]:
        raise ChainDown("no quorum")

    monkeypatch.setattr(nodes, "at_block", lost)
    funds.look(nodes, head, now=now + 5)
    assert known() == before
    monkeypatch.undo()
    settings.PUBLISHER_KEY = settings.PUBLISHER_KEYSTORE = settings.WEB3SIGNER_URL = ""
    funds.look(nodes, head, now=now + 6)
    assert known() == before
