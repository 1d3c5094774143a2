"""What the fold of the book can answer other than "taken" (protocol/book.py)."""

from __future__ import annotations

from protocol.record import SealedReports


class Contradiction(Exception):
    """The book contradicts itself or the law at entry `seq`; `reason` is a sentence for people."""

    def __init__(self, seq: int, reason: str) -> None:
        super().__init__(f"entry {seq}: {reason}")
        self.seq, self.reason = seq, reason


class UnknownExpiry(Exception):
    """An entry names an expiry that was not listed here yet."""

    def __init__(self, expiry: str) -> None:
        super().__init__(f"expiry {expiry} is not listed")
        self.expiry = expiry


class PricesNeeded(SealedReports):
    """The expiry's reporting has closed and the prices of its reports must be known; `unseal` them."""

    def __init__(self, expiry: str) -> None:
        super().__init__(f"the reports of expiry {expiry} are still sealed")
        self.expiry = expiry
