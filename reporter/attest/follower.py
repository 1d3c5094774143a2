"""Following the book as it grows: each entry and beat is seen, folded and kept, once (PROTOCOL 7, Attestors).

An entry is *witnessed* when it was first seen within 180 s of its `at`. One that was not is either `away` (made before
this process started: we cannot know) or `late` (we were here, and it was not shown to us). What that means for signing
is decided in grounds.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from protocol.book import Book, Contradiction, PricesNeeded, UnknownExpiry
from protocol.entry import Beat, Entry
from protocol.signing import digest, parse
from reporter.attest.store import Line, Store
from reporter.service import Service
from reporter.stop import Stop

WITNESS_SECONDS = 180
PAGE = 1000
WITNESSED, AWAY, LATE = "", "away", "late"


@dataclass(frozen=True, slots=True)
class Sight:
    """How an entry was seen that was not witnessed."""

    seq: int
    expiry: str | None
    seen_at: int
    how: str


class Follower:
    """One attestor's own copy of the book, on disk and folded. `started` is when this process began to watch."""

    def __init__(self, service: Service, store: Store, book: Book, started: int) -> None:
        self.service, self.store, self.book, self.started = service, store, book, started
        self.unwitnessed: list[Sight] = []
        self.last_beat_at = 0
        self.receipts = [""]  # digest of each entry's receipt, by seq
        self.places: dict[str, int] = {}  # seq by digest of the act
        self._shown: dict[int, Mapping[str, Any]] = {}  # entries of reports that this poll has seen unsealed, by seq
        self.broken: str | None = None
        if proofs := store.proofs():
            self.broken = f"the service was caught contradicting itself: see {proofs[0]}"
        try:
            for line in store.book:
                self._replay(line)
        except (Contradiction, ValueError) as error:
            raise Stop(f"{store.folder} holds the book of another service, or is damaged: {error}") from None

    def poll(self, now: int) -> None:
        """Fetch and fold all that is new at unix second `now`. Stop where the service cannot be read; call it again."""
        if self.broken:
            return
        self._shown = {}
        entries, beats = self._fetch()
        known = self.book.seq + len(entries)
        items: list[tuple[int, int, int, Line]] = []
        try:
            items += [(int(entry["seq"]), 0, 0, {"entry": entry}) for entry in entries]
            items += [(int(b["seq"]), 1, int(b["at"]), {"beat": b}) for b in beats if int(b["seq"]) <= known]
        except (KeyError, TypeError, ValueError) as error:
            raise Stop(f"the service's book cannot be read: {type(error).__name__} {error}") from None
        for *_, line in sorted(items, key=lambda item: item[:3]):
            if not self._see(line, now):
                return

    def sight_problems(self, expiry: str, how: str) -> list[Sight]:
        """The entries seen in this way that an expiry rests on: its own, and those on accounts since its instant."""
        expiry_at = self.book.expiries[expiry].state.expiry_at
        return [
            sight
            for sight in self.unwitnessed
            if sight.how == how
            and (sight.expiry == expiry or (sight.expiry is None and sight.seen_at >= expiry_at))
        ]

    def accuse(self, seq: int, reason: str, shown: Line) -> None:
        """Keep the proof that the service lied about an entry; following and signing end."""
        document = {"reason": reason, "seq": str(seq), "shown": shown, "seen_before": self.store.about(seq)}
        path = self.store.keep_proof(seq, document)
        self.broken = f"entry {seq} of the book: {reason}; kept in {path}"

    # ------------------------------------------------------------ reading

    def _fetch(self) -> tuple[list[Mapping[str, Any]], list[Mapping[str, Any]]]:
        """All pages: a beat may stand on a later page than the entries after it, so nothing is folded before."""
        entries: list[Mapping[str, Any]] = []
        beats: list[Mapping[str, Any]] = []
        seq, beat_at, more = self.book.seq, self.last_beat_at, True
        while more:
            page = self.service.book(seq, beat_at, PAGE)
            new_entries, new_beats = page.get("entries", []), page.get("beats", [])
            entries += new_entries
            beats += new_beats
            more = bool(page.get("more")) and bool(new_entries or new_beats)
            seq = int(new_entries[-1]["seq"]) if new_entries else seq
            beat_at = int(new_beats[-1]["at"]) if new_beats else beat_at
        return entries, beats

    def _see(self, line: Line, now: int) -> bool:
        """Fold something new and keep it; a contradiction is kept as a proof, and following ends (False)."""
        line["seen_at"] = str(now)
        try:
            take = self._taking(line)
            if "entry" in line:
                line["how"] = self._how_seen(int(line["entry"]["at"]), int(line["entry"]["seq"]), now)
            while not self._answered(take):
                pass
        except Contradiction as contradiction:
            self.accuse(contradiction.seq, contradiction.reason, line)
        except ValueError as error:
            self.accuse(self.book.seq + 1, f"it cannot be read: {error}", line)
        else:
            self.store.book.append(line)
            self._note(line)
        return self.broken is None

    def _answered(self, take: Callable[[], None]) -> bool:
        """Fold; where the fold asks for a listing or for prices, get them, and it must be folded again."""
        try:
            take()
        except UnknownExpiry as unknown:
            self._list(unknown.expiry)
        except PricesNeeded as needed:
            self._unseal(needed.expiry)
        else:
            return True
        return False

    def _how_seen(self, at: int, seq: int, now: int) -> str:
        if at > now + WITNESS_SECONDS:
            raise Contradiction(seq, f"its time {at} lies ahead of ours, {now}")
        if now - at <= WITNESS_SECONDS:
            return WITNESSED
        return AWAY if at < self.started else LATE

    def _list(self, expiry: str) -> None:
        document = self.service.expiry(expiry)
        line = {"listing": [document["index"]["spec"], document["expiry_at"], document["terms"]]}
        self._replay(line)
        if expiry not in self.book.expiries:
            raise Stop(f"the service lists something else as expiry {expiry}")
        self.store.book.append(line)

    def _unseal(self, expiry: str) -> None:
        """Fetch the reports of an expiry again, now that they are public."""
        sealed = self.book.expiries[expiry].sealed
        found = [self._as_shown_now(seq) for seq in sorted(seq for seq, _ in sealed.values())]
        for entry in filter(None, found):
            if entry["digest"] not in sealed:
                raise Contradiction(int(entry["seq"]), "it stands here with another digest than before")
            if "price" not in entry["message"]:
                raise Stop(f"the service keeps the reports of expiry {expiry} sealed; waiting for it")
            line = {"unsealed": expiry, "message": entry["message"]}
            self._replay(line)
            self.store.book.append(line)
        if sealed:
            raise Stop(f"the service does not show all reports of expiry {expiry}; waiting for it")

    def _as_shown_now(self, seq: int) -> Mapping[str, Any] | None:
        """An entry of a report, fetched again. What the same page shows by now of other reports is kept for this poll:
        a thousand expiries that close together would else ask for a thousand pages.
        """
        if seq in self._shown:
            return self._shown[seq]
        entries = self.service.book(seq - 1, self.last_beat_at, PAGE).get("entries", [])
        page = {int(entry["seq"]): entry for entry in entries}
        self._shown |= {each: entry for each, entry in page.items() if "price" in entry["message"]}
        return page.get(seq)

    # ------------------------------------------------------------ folding

    def _replay(self, line: Line) -> None:
        """Fold a line of our own file."""
        self._taking(line)()
        self._note(line)

    def _taking(self, line: Line) -> Callable[[], None]:
        if "entry" in line:
            entry = Entry.from_json(line["entry"])
            return lambda: self.book.apply(entry)
        if "beat" in line:
            beat = Beat.from_json(line["beat"])
            return lambda: self.book.hear(beat)
        if "listing" in line:
            spec, expiry_at, terms = line["listing"]
            return lambda: (self.book.list_expiry(spec, int(expiry_at), terms), None)[1]
        message = parse("Report", line["message"])
        return lambda: self.book.unseal(line["unsealed"], message)

    def _note(self, line: Line) -> None:
        if "beat" in line:
            self.last_beat_at = max(self.last_beat_at, int(line["beat"]["at"]))
        if "entry" not in line:
            return
        entry = line["entry"]
        receipt = parse("Receipt", entry["receipt"]["message"])
        self.receipts.append(digest(self.book.domain, "Receipt", receipt))
        self.places[entry["digest"]] = int(entry["seq"])
        if line.get("how"):
            sight = Sight(int(entry["seq"]), entry["message"].get("expiry"), int(line["seen_at"]), line["how"])
            self.unwitnessed.append(sight)
