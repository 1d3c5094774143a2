"""Every ground on which an attestor refuses a root, one by one, and that an honest one is signed exactly once."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from protocol.escrow import Statement
from protocol.signing import address_of, digest, parse, recover
from reporter.attest.escrow import Deposit
from reporter.attest.grounds import Context
from reporter.attest.memory import Memory
from reporter.attest.program import Attestor
from reporter.attest.roots import GROUNDS, AuditHead, Proposal, RootContext, RootMemory, refusal
from reporter.attest.store import Lines
from reporter.keys import Key
from reporter.service import Unreachable
from tests.unit.protocol.story import DOMAIN, EXPIRY_AT, REPORTERS, SERVICE, key
from tests.unit.protocol.writer import Writer
from tests.unit.reporter.fake_service import FACTORY, FakeService
from tests.unit.reporter.test_follower import follow

ATTESTOR = Key(key(61))
TREASURY = "0x" + "7e" * 20
BLOCK, DEPTH = 50, 12


class FakeEscrow:
    """What the attestor reads of the chain by itself."""

    def __init__(self) -> None:
        self.logs: dict[tuple[str, int], Deposit] = {}
        self.epoch, self.latest = 1, BLOCK + DEPTH
        self.chain = self

    def latest_block(self) -> int:
        return self.latest

    def next_epoch(self) -> int:
        return self.epoch

    def deposits(self, until: int) -> dict[tuple[str, int], Deposit]:
        return {place: each for place, each in self.logs.items() if each.block <= until}


class Scene:
    """Deposits and a withdrawal, an attestor that has followed them, and the root that the service proposes."""

    def __init__(self, folder: Path, started: int = EXPIRY_AT - 60) -> None:
        self.writer, self.escrow, self.at = Writer(), FakeEscrow(), EXPIRY_AT - 50
        for number, who in enumerate(REPORTERS):
            self.deposit(address_of(who), 100 + number, BLOCK - number)
        self.writer.move("Withdrawal", REPORTERS[0], 40, self.at)
        self.service = FakeService(self.writer)
        self.follower = follow(self.service, folder, started)
        self.follower.poll(self.at + 1)
        self.memory = RootMemory(self.follower.store.roots)
        self.context = RootContext(self.follower, self.escrow, self.memory, TREASURY, DEPTH)  # type: ignore[arg-type]
        prices = Context(self.follower, None, Memory(self.follower.store.signed), DOMAIN.contract, FACTORY)  # type: ignore[arg-type]
        self.attestor = Attestor(self.service, ATTESTOR, DOMAIN, prices, self.context)

    def deposit(self, account: str, amount: int, block: int, on_chain: bool = True) -> tuple[str, int]:
        place = (f"0x{self.writer.book.seq + 1:064x}", 7)
        message = {"account": account, "amount": amount, "block": block, "tx": place[0], "log_index": place[1]}
        self.writer.add("Deposit", message, [SERVICE], self.at)
        if on_chain:
            self.escrow.logs[place] = Deposit(account, amount, block)
        return place

    @property
    def proposal(self) -> Proposal:
        book = self.writer.book
        statement = Statement(1, BLOCK, book.seq, book.dues.leaves(book.seq, TREASURY))
        return Proposal(statement.message, book.seq)

    def row(self, proposal: Proposal | None = None) -> dict[str, Any]:
        found = proposal or self.proposal
        fields = {name: str(value) for name, value in found.message.items()}
        audit = found.audit and found.audit.to_json()
        return {"id": "4", "stage": "PLANNED", **fields, "seq": str(found.seq), "audit": audit, "signatures": []}

    def refused(self, proposal: Proposal | None = None) -> str:
        return (refusal(proposal or self.proposal, self.context) or "").split(":")[0]

    def changed(self, **fields: Any) -> Proposal:
        return replace(self.proposal, message=self.proposal.message | fields)


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def test_honest_root__is_signed_once_and_its_file_is_kept(scene: Scene) -> None:
    assert scene.refused() == ""
    scene.service.proposed_roots = [scene.row()]
    scene.attestor.round(scene.at + 2)
    ((path, body),) = scene.service.posts
    assert path == "roots/4/signatures"
    assert recover(digest(DOMAIN, "Root", scene.proposal.message), body["signature"]) == ATTESTOR.address
    folder = scene.follower.store.folder
    kept = Statement.from_json(json.loads((folder / "root-1.json").read_text()))
    assert kept.message == scene.proposal.message
    assert [json.loads(line) for line in (folder / "roots.jsonl").read_text().splitlines()] == [
        {"epoch": "1", "root": kept.root, "block": str(BLOCK), "seq": str(scene.proposal.seq)}
    ]


def test_signed_root__another_of_the_same_epoch__refused_also_after_a_restart(scene: Scene) -> None:
    first = scene.proposal
    scene.memory.remember(first)
    scene.memory.remember(first)
    scene.writer.move("Withdrawal", REPORTERS[1], 1, scene.at)
    scene.follower.poll(scene.at + 2)
    assert scene.refused() == "signed_otherwise"
    again = RootMemory(Lines(scene.follower.store.folder / "roots.jsonl"))
    assert again.problem(scene.proposal) and again.seq == first.seq
    with pytest.raises(ValueError, match="was signed before"):
        again.remember(scene.proposal)
    assert scene.refused(first) == ""


def test_signature__lost_on_its_way__the_same_is_sent_again(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.service.proposed_roots = [scene.row()]

    def lost(of: str, signature: str) -> None:
        raise Unreachable("gone")

    with monkeypatch.context() as patch:
        patch.setattr(scene.service, "send_signature", lost)
        with pytest.raises(Unreachable):
            scene.attestor.round(scene.at + 2)
    assert scene.service.posts == []
    scene.attestor.round(scene.at + 3)
    ((_, body),) = scene.service.posts
    assert recover(digest(DOMAIN, "Root", scene.proposal.message), body["signature"]) == ATTESTOR.address
    assert len(list(Lines(scene.follower.store.folder / "roots.jsonl"))) == 1


def head(seq: int, digit: str) -> AuditHead:
    return AuditHead(seq, "0x" + digit * 64)


def test_audit_log__its_head__is_kept_with_the_root(scene: Scene) -> None:
    proposal = replace(scene.proposal, audit=head(7, "a"))
    scene.service.proposed_roots = [scene.row(proposal)]
    scene.attestor.round(scene.at + 2)
    kept = {"seq": "7", "head": "0x" + "a" * 64}
    folder = scene.follower.store.folder
    assert json.loads((folder / "root-1.json").read_text())["audit"] == kept
    (line,) = (folder / "roots.jsonl").read_text().splitlines()
    assert json.loads(line)["audit"] == kept
    assert RootMemory(Lines(folder / "roots.jsonl")).audit == head(7, "a")


@pytest.mark.parametrize(
    ("told", "code"),
    [
        (head(7, "a"), ""),
        (head(8, "b"), ""),
        (head(7, "b"), "audit_rewritten"),
        (head(6, "a"), "audit_rewritten"),
        (head(4, "e"), "audit_rewritten"),
        (None, "audit_rewritten"),
    ],
)
def test_audit_log__other_than_we_keep_it__refused_also_after_a_restart(
    scene: Scene, told: AuditHead | None, code: str
) -> None:
    for epoch, known in ((0, head(7, "a")), (-1, head(5, "c")), (-2, None)):
        message = scene.proposal.message | {"epoch": epoch + 2**64}
        scene.memory.remember(replace(scene.proposal, message=message, audit=known))
    again = RootMemory(Lines(scene.follower.store.folder / "roots.jsonl"))
    scene.context = replace(scene.context, memory=again)
    assert scene.refused(replace(scene.proposal, audit=told)) == code


def test_audit_log__of_a_service_that_never_told_its_head__is_not_asked_for(scene: Scene) -> None:
    scene.memory.remember(replace(scene.proposal, message=scene.proposal.message | {"epoch": 0}))
    assert scene.refused(scene.proposal) == ""
    assert scene.refused(replace(scene.proposal, audit=head(1, "a"))) == ""


@pytest.mark.parametrize("audit", [{"seq": 7, "head": "0x" + "a" * 64}, {"seq": "7", "head": "0xa"}, {"seq": "7"}, "7"])
def test_audit_log__its_head_malformed__refused_with_words(scene: Scene, audit: object) -> None:
    scene.service.proposed_roots = [scene.row() | {"audit": audit}]
    scene.attestor.round(scene.at + 2)
    ((_, body),) = scene.service.posts
    assert body["refusal"].startswith("malformed: ")


def test_root__built_at_an_entry_that_we_are_past__is_signed_all_the_same(scene: Scene) -> None:
    earlier = scene.proposal
    scene.deposit(address_of(REPORTERS[2]), 9, BLOCK + 1)
    scene.writer.move("Withdrawal", REPORTERS[1], 1, scene.at)
    scene.follower.poll(scene.at + 2)
    assert scene.refused(earlier) == ""


def test_root__other_than_our_fold_gives__refused(scene: Scene) -> None:
    assert scene.refused(scene.changed(root="0x" + "11" * 32)) == "wrong_root"
    assert scene.refused(replace(scene.proposal, seq=scene.proposal.seq - 1)) == "wrong_root", "without the withdrawal"


def test_root__of_another_treasury__refused(scene: Scene, tmp_path: Path) -> None:
    dues = scene.writer.book.dues
    dues._changes.append(replace(dues._changes[0], account="", seq=scene.writer.book.seq))
    assert scene.refused() == "wrong_root"


def test_book__has_not_come_so_far__refused(scene: Scene) -> None:
    assert scene.refused(replace(scene.proposal, seq=scene.proposal.seq + 1)) == "not_followed"


def test_epoch__not_the_contract_s_next__refused(scene: Scene) -> None:
    scene.escrow.epoch = 2
    assert scene.refused() == "wrong_epoch"


def test_block__not_deep_enough__refused(scene: Scene) -> None:
    scene.escrow.latest -= 1
    assert scene.refused() == "not_deep"


def test_deposit__that_the_chain_does_not_have__refused(scene: Scene) -> None:
    scene.deposit(address_of(REPORTERS[0]), 5, BLOCK, on_chain=False)
    scene.follower.poll(scene.at + 2)
    assert scene.refused() == "deposit_not_on_chain"


@pytest.mark.parametrize("lie", [{"amount": 99}, {"account": TREASURY}, {"block": BLOCK - 1}])
def test_deposit__of_another_amount_account_or_block__refused(scene: Scene, lie: dict[str, Any]) -> None:
    place = next(iter(scene.escrow.logs))
    scene.escrow.logs[place] = replace(scene.escrow.logs[place], **lie)
    assert scene.refused() == "deposit_not_on_chain"


def test_deposit__after_the_root_s_block__refused(scene: Scene) -> None:
    """The contract would take it for one that no leaf counts, and give it back at the exit, lost or not."""
    scene.deposit(address_of(REPORTERS[0]), 5, BLOCK + 1)
    scene.follower.poll(scene.at + 2)
    assert scene.refused() == "deposit_not_on_chain"


def test_deposit__left_out_of_the_book__refused(scene: Scene) -> None:
    scene.escrow.logs["0x" + "fe" * 32, 0] = Deposit(TREASURY, 1, BLOCK)
    assert scene.refused() == "deposit_omitted"
    scene.escrow.logs["0x" + "fe" * 32, 0] = Deposit(TREASURY, 1, BLOCK + 1)
    assert scene.refused() == "", "it comes after the root's block"


def test_deposit__by_the_operator_s_word__refused_unless_told(scene: Scene) -> None:
    scene.writer.deposit(REPORTERS[0], 5, scene.at)
    scene.follower.poll(scene.at + 2)
    assert scene.refused() == "operator_deposit"
    scene.context = replace(scene.context, accept_operator_deposits=True)
    assert scene.refused() == ""


def test_entry__made_while_we_were_away__refused_unless_told_or_signed_before(tmp_path: Path) -> None:
    scene = Scene(tmp_path, started=EXPIRY_AT + 10**6)
    scene.follower.unwitnessed.clear()
    assert scene.refused() == ""
    late = Scene(tmp_path / "late")
    late.writer.move("Withdrawal", REPORTERS[1], 1, late.at)
    late.follower.poll(late.at + 181)
    assert late.refused() == "not_witnessed"
    late.memory.remember(replace(late.proposal, message=late.proposal.message | {"epoch": 0}))
    assert late.refused() == "", "a root that we have signed rests on it already"


def test_contradiction__of_the_book__refused(scene: Scene) -> None:
    scene.follower.broken = "two heads for one seq"
    assert scene.refused() == "contradiction"


def test_proposal__malformed__is_refused_with_words(scene: Scene) -> None:
    scene.service.proposed_roots = [scene.row() | {"epoch": 1}]
    scene.attestor.round(scene.at + 2)
    scene.attestor.round(scene.at + 3)
    ((path, body),) = scene.service.posts
    assert (path, body["attestor"]) == ("roots/4/signatures", ATTESTOR.address)
    assert body["refusal"].startswith("malformed: Root.epoch")


def test_refused_root__said_once__nothing_is_remembered(scene: Scene) -> None:
    scene.service.proposed_roots = [scene.row(scene.changed(root="0x" + "11" * 32))]
    for second in (2, 3):
        scene.attestor.round(scene.at + second)
    assert len(scene.service.posts) == 1
    assert scene.memory.problem(scene.proposal) is None
    assert not list(scene.follower.store.folder.glob("root-*.json"))


def test_grounds__each_has_a_test_here() -> None:
    text = Path(__file__).read_text()
    assert [ground.__name__ for ground in GROUNDS if f'"{ground.__name__}"' not in text] == []


def test_root_message__parses_as_it_is_sent(scene: Scene) -> None:
    row = scene.row()
    assert parse("Root", {name: row[name] for name in ("epoch", "root", "block")}) == scene.proposal.message
