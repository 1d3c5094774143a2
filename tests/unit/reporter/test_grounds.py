"""Every ground of refusal of PROTOCOL 7, one by one, and that an honest item is signed exactly once."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from protocol.signing import Message, address_of, digest, parse, recover, to_json
from reporter.attest.grounds import GROUNDS, Context, refusal
from reporter.attest.memory import Memory
from reporter.attest.program import Attestor
from reporter.attest.store import Lines, Store
from reporter.keys import Key
from reporter.stop import Stop
from tests.unit.protocol.story import DOMAIN, EXPIRY_AT, PRICE, WORD, key
from tests.unit.protocol.test_book import funded, reported, voted
from tests.unit.protocol.writer import Writer
from tests.unit.reporter.fake_service import FACTORY, FakeService
from tests.unit.reporter.test_follower import follow

ATTESTOR = Key(key(61))


class FakeChain:
    """What the attestor reads of the chain by itself; `values` by the block up to which is read."""

    def __init__(self) -> None:
        self.attempt, self.latest = 0, 9
        self.values: dict[int, int] = {}

    def attempt_of(self, oracle: str, expiry: str) -> int:
        return self.attempt

    def latest_block(self) -> int:
        return self.latest

    def value_secured(self, factory: str, expiry: str, expiry_at: int, rates: dict[str, int], until: int) -> int:
        return self.values.get(until, 0)


class Scene:
    """A final expiry, an attestor that has followed it, and the item that the service proposes."""

    def __init__(self, folder: Path, by_silence: bool = True, started: int = EXPIRY_AT - 60) -> None:
        self.writer: Writer = funded()
        closes = reported(self.writer) + 50 if by_silence else voted(self.writer)
        self.writer.settle(closes)
        self.closes = closes
        self.service = FakeService(self.writer)
        self.chain = FakeChain()
        self.follower = follow(self.service, folder, started)
        self.memory = Memory(self.follower.store.signed)
        self.context = Context(self.follower, self.chain, self.memory, DOMAIN.contract, FACTORY)  # type: ignore[arg-type]
        self.attestor = Attestor(self.service, ATTESTOR, DOMAIN, self.context)

    @property
    def item(self) -> Message:
        final = self.writer.book.expiries[self.writer.expiry]
        return {
            "expiry": final.id, "attempt": 0, "price": final.state.price, "transcript": final.head,
            "payouts": final.payouts_root,
        }

    def catch_up(self) -> "Scene":
        self.writer.beat(self.closes + 1)
        self.follower.poll(self.closes + 2)
        return self

    def refused(self, item: Message | None = None) -> str:
        return (refusal(item or self.item, self.context) or "").split(":")[0]

    def propose(self, *items: Message) -> None:
        listed = [to_json("Attestations", {"items": [item]})["items"][0] for item in items]
        number = str(len(self.service.published) + 1)
        self.service.published.append(
            {"id": number, "stage": "PLANNED", "items": listed, "signatures": [], "refusals": []}
        )


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path).catch_up()


def test_honest__all_grounds__none_holds(scene: Scene) -> None:
    assert refusal(scene.item, scene.context) is None


def test_grounds__each__has_a_test_here() -> None:
    here = Path(__file__).read_text()
    assert [ground.__name__ for ground in GROUNDS if f'"{ground.__name__}"' not in here] == []


def test_contradiction__book_caught_lying__refused(scene: Scene) -> None:
    scene.follower.broken = "two heads"
    assert scene.refused() == "contradiction"


def test_not_final__window_open__refused(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    item = scene.item
    scene.service.entries = [entry for entry in scene.service.book(0, 0, 0)["entries"] if entry["kind"] != "Final"]
    scene.follower.poll(scene.closes + 1)
    assert scene.refused(item) == "not_final"


def test_not_final__unknown_expiry__refused(scene: Scene) -> None:
    assert scene.refused(scene.item | {"expiry": WORD}) == "not_final"


def test_wrong_price__one_more__refused(scene: Scene) -> None:
    assert scene.refused(scene.item | {"price": PRICE + 1}) == "wrong_price"


def test_wrong_transcript__another_head__refused(scene: Scene) -> None:
    assert scene.refused(scene.item | {"transcript": WORD}) == "wrong_transcript"


def test_wrong_payouts__another_root__refused(scene: Scene) -> None:
    assert scene.refused(scene.item | {"payouts": WORD}) == "wrong_payouts"


@pytest.mark.parametrize(("said", "running"), [(0, 1), (1, 0)])
def test_wrong_attempt__not_the_contracts__refused(scene: Scene, said: int, running: int) -> None:
    scene.chain.attempt = running
    assert scene.refused(scene.item | {"attempt": said}) == "wrong_attempt"


@pytest.mark.parametrize(("beat_after", "code"), [(None, "no_beat"), (-1, "no_beat"), (0, "")])
def test_no_beat__silence__needs_one_at_or_after_the_deadline(
    tmp_path: Path, beat_after: int | None, code: str
) -> None:
    scene = Scene(tmp_path)
    if beat_after is not None and beat_after < 0:
        scene.writer = funded()
        closes = reported(scene.writer) + 50
        scene.writer.beat(closes - 1)
        scene.writer.settle(closes)
        scene.service.writer = scene.writer
    elif beat_after is not None:
        scene.writer.beat(scene.closes)
    scene.follower.poll(scene.closes + 5)
    assert scene.refused() == code


def test_no_beat__decided_by_vote__is_no_ground(tmp_path: Path) -> None:
    scene = Scene(tmp_path, by_silence=False)
    scene.follower.poll(scene.closes + 1)
    scene.follower.unwitnessed.clear()
    assert scene.follower.last_beat_at == 0
    assert scene.refused() == ""


def test_seen_late__entry_shown_after_three_minutes__refused(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.writer.beat(scene.closes + 1)
    scene.follower.poll(EXPIRY_AT + 2 + 181)
    assert scene.refused() == "seen_late"
    assert scene.refused() == "seen_late"
    scene.context = replace(scene.context, accept_unwitnessed=True)
    assert scene.refused() == "seen_late"  # no option excuses this one


def test_seen_late__only_deposits_from_before_the_expiry__is_no_ground(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    every = scene.service.book(0, 0, 0)["entries"]
    scene.service.entries = [entry for entry in every if "expiry" not in entry["message"]]
    scene.follower.poll(EXPIRY_AT - 60 + 181)  # after the instant: it could have been made after it
    assert [sight.how for sight in scene.follower.unwitnessed] != []
    scene.service.entries = None
    scene.catch_up()
    assert scene.refused() == "seen_late"
    early = replace(scene.follower.unwitnessed[0], seen_at=EXPIRY_AT - 1)
    scene.follower.unwitnessed = [early]
    assert scene.refused() == ""


def test_not_witnessed__made_while_we_were_away__refused_unless_accepted(tmp_path: Path) -> None:
    scene = Scene(tmp_path, started=EXPIRY_AT + 500)
    scene.writer.beat(scene.closes + 1)
    scene.follower.poll(EXPIRY_AT + 600)
    assert scene.refused() == "not_witnessed"
    scene.context = replace(scene.context, accept_unwitnessed=True)
    assert scene.refused() == ""


@pytest.mark.parametrize(
    ("values", "latest", "code"),
    [({}, 9, ""), ({7: 1}, 9, "wrong_value"), ({9: 1}, 9, "wrong_value"), ({}, 7, ""), ({}, 6, "wrong_value")],
)
def test_wrong_value__chain_read_by_ourselves__must_give_what_opened_says(
    scene: Scene, values: dict[int, int], latest: int, code: str
) -> None:
    scene.chain.values, scene.chain.latest = values, latest  # `Opened` says 0 wei at block 7
    assert scene.refused() == code


def test_signed_otherwise__same_attempt_other_content__refused(scene: Scene) -> None:
    scene.memory.remember([scene.item | {"price": PRICE + 1}])
    assert scene.refused() == "signed_otherwise"


# ---------------------------------------------------------------- signing


def test_round__honest__signs_exactly_these_items(scene: Scene) -> None:
    scene.propose(scene.item)
    scene.attestor.round(scene.closes + 3)
    ((path, posted),) = scene.service.posts
    assert path == "publications/1/signatures"
    signed = digest(DOMAIN, "Attestations", {"items": [scene.item]})
    assert recover(signed, posted["signature"]) == ATTESTOR.address


def test_round__signed_already__says_nothing_more(scene: Scene) -> None:
    scene.propose(scene.item)
    scene.service.published[0]["signatures"] = [{"attestor": ATTESTOR.address, "signature": "0x"}]
    scene.attestor.round(scene.closes + 3)
    assert scene.service.posts == []


def test_round__same_item_in_another_batch__signs_it_again(scene: Scene) -> None:
    scene.propose(scene.item)
    scene.propose(scene.item)
    scene.attestor.round(scene.closes + 3)
    assert [list(posted) for _, posted in scene.service.posts] == [["signature"], ["signature"]]
    assert len(scene.memory) == 1


def test_round__refusal__is_told_once_with_its_reason(scene: Scene) -> None:
    scene.propose(scene.item | {"price": PRICE + 1})
    for second in range(3):
        scene.attestor.round(scene.closes + 3 + second)
    ((path, posted),) = scene.service.posts
    assert posted["attestor"] == address_of(key(61))
    assert posted["refusal"].startswith("wrong_price: ")


def test_round__one_wrong_item_of_two__signs_neither(scene: Scene) -> None:
    scene.propose(scene.item, scene.item | {"expiry": WORD})
    scene.attestor.round(scene.closes + 3)
    assert [list(posted) for _, posted in scene.service.posts] == [["attestor", "refusal"]]
    assert len(scene.memory) == 0


def test_round__ground_gone__signs_after_all(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.propose(scene.item)
    scene.attestor.round(scene.closes + 1)
    scene.writer.beat(scene.closes + 2)
    scene.attestor.round(scene.closes + 3)
    assert [list(posted) for _, posted in scene.service.posts] == [["attestor", "refusal"], ["signature"]]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda items: [],
        lambda items: [items[0] | {"price": 5}],
        lambda items: [items[0] | {"more": "x"}],
        lambda items: items * 101,
    ],
)
def test_round__malformed_proposal__refused(scene: Scene, spoil: Callable[[list[Any]], list[Any]]) -> None:
    scene.propose(scene.item)
    scene.service.published[0]["items"] = spoil(scene.service.published[0]["items"])
    scene.attestor.round(scene.closes + 3)
    assert scene.service.posts[0][1]["refusal"].startswith("malformed")


def test_memory__written_before_the_signature_leaves__and_read_again(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.propose(scene.item)

    def lost(publication: str, signature: str) -> None:
        raise Stop("the network is gone")

    monkeypatch.setattr(scene.service, "send_signature", lost)
    with pytest.raises(Stop):
        scene.attestor.round(scene.closes + 3)
    folder = scene.follower.store.folder
    scene.follower.store.close()
    again = Memory(Store(folder).signed)
    assert again.problem(scene.item) is None
    assert again.problem(scene.item | {"price": PRICE + 1}) is not None
    with pytest.raises(ValueError, match="signed before"):
        again.remember([scene.item | {"price": PRICE + 1}])


def test_memory__file__holds_parsable_items(tmp_path: Path, scene: Scene) -> None:
    memory = Memory(Lines(tmp_path / "other.jsonl"))
    memory.remember([scene.item])
    line = json.loads((tmp_path / "other.jsonl").read_text())
    assert parse("Attestations", line)["items"] == [scene.item]
