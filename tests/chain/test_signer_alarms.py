"""What the signer does not sign is an alarm of its purpose, whoever asked, until it is signed (RELIABILITY 4)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from settlement.alarms import AlarmKind, open_alarms
from settlement.models import Alarm, Attempt, ChainTransaction
from settlement.services.feeds import create_feed
from settlement.services.publishing import publish
from settlement.services.sending import Refused
from settlement.services.series import list_series
from settlement.services.watching import ASKED_SECONDS, watch
from settlement.signers.configured import configured
from settlement.signers.local import LocalSigner
from settlement.signers.signer import CannotSign
from settlement.status import status
from tests.cast import ETHER, person
from tests.chain.conftest import World
from tests.chain.roots import attest, credited, post
from tests.chain.roots import propose as propose_root_of
from tests.chain.test_bumping import BUMP
from tests.chain.test_cancelling import carry_out, wanted_by_two
from tests.chain.test_policy import alter_item

Work = Callable[[], object]


def refused() -> dict[str, str]:
    """Subject and words of each open alarm of a signer."""
    return dict(open_alarms().filter(kind=AlarmKind.SIGNER_REFUSED).values_list("subject", "words"))


def signing(world: World, folder: Path, what: str) -> tuple[str, Work]:
    """Something that has to be signed now: its purpose, and what asks for it."""
    if what == "root":
        credited(world, (person("alice"), 5 * ETHER))
        root = propose_root_of(world)
        attest(world, folder, 0, 1, 2)
        return f"root:{root.pk}", lambda: post(world)
    if what in ("series", "feed"):
        expiry, now = world.list_expiry(), world.node.now()
        strikes = [2_000 * ETHER]
        work = {
            "series": lambda: list_series(expiry=expiry, strikes=strikes, now=now),
            "feed": lambda: create_feed(expiry=expiry, now=now),
        }
        return what, work[what]
    publication, now = world.signed()
    if what == "publication":
        return f"publication:{publication.pk}", lambda: publish(now=now)
    world.node.hold()
    publish(now=now)
    if what == "bump":
        return f"publication:{publication.pk}", lambda: publish(now=now + BUMP)

    wanted_by_two(now + 1)
    return f"cancel:{ChainTransaction.objects.get().pk}", lambda: carry_out(now + 1)


@pytest.mark.parametrize("what", ["publication", "root", "series", "feed", "bump", "cancel"])
def test_signer__refuses__alarm_of_that_purpose_until_it_signs(
    world: World, tmp_path: Path, settings: Any, what: str
) -> None:
    purpose, work = signing(world, tmp_path, what)
    before, cap = Attempt.objects.count(), settings.PUBLISHER_DAILY_CAP_WEI
    settings.PUBLISHER_DAILY_CAP_WEI = 1
    attempted(work)
    assert list(refused()) == [purpose]
    assert refused()[purpose].startswith(f"{purpose}: daily_cap: ")
    shown = status(now=world.node.now()).alarms
    assert (AlarmKind.SIGNER_REFUSED, purpose) in {(alarm.kind, alarm.subject) for alarm in shown}
    assert Attempt.objects.count() == before
    settings.PUBLISHER_DAILY_CAP_WEI = cap
    attempted(work)
    assert Attempt.objects.count() == before + 1
    assert refused() == {}
    assert Alarm.objects.get(kind=AlarmKind.SIGNER_REFUSED).cleared_why == "the signer has signed it"


def attempted(work: Work) -> None:
    """Whoever runs a command sees the refusal as an error."""
    with suppress(Refused):
        work()


def test_signer__does_not_answer__alarm_until_it_does(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    publication, now = world.signed()

    def silent(*_: Any) -> None:
        raise CannotSign("Web3Signer does not answer: ConnectTimeout")

    configured()
    with monkeypatch.context() as patch:
        patch.setattr(LocalSigner, "sign", silent)
        publish(now=now)
    assert refused()[f"publication:{publication.pk}"].endswith("Web3Signer does not answer: ConnectTimeout")
    publish(now=now + 1)
    assert refused() == {}


def test_signer__refuses_for_a_row_that_was_altered__alarm_names_the_rule_and_ends_unasked(world: World) -> None:
    publication, now = world.signed()
    alter_item(publication, 99)
    publish(now=now)
    assert ": final_state: " in refused()[f"publication:{publication.pk}"]
    publication.refresh_from_db()
    assert publication.reason.startswith("final_state: ")
    watch(now=now + ASKED_SECONDS)
    assert refused() == {}, "nobody asks any more"
