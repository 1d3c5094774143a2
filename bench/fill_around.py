"""What stands around the expiries of bench/fill.py: series, what the chain did, money, and what an account is told."""

from __future__ import annotations

import hashlib
from typing import Any

from django.db import connection, connections

from bench.stories import Told, person
from bench.world import ETHER

STRIKES = (2_000, 2_400, 2_500, 3_000)
BATCH = 100
FOLLOWS = 50
OWNER = "alice"
SIGNATURE = "0x" + "5a" * 65


def fill(told: Told, size: Any) -> dict[str, Any]:
    """Rows around every expiry that there is; words for bench/addresses.py."""
    _series(size.own)
    _publications()
    _money(told, size.own)
    _roots(told)
    delivery = _alerts(told, size.own)
    _place_events(told)
    owner = connections["owner" if "owner" in connections.settings else "default"]
    with owner.cursor() as cursor:
        cursor.execute("ANALYZE")
    return _words(told) | delivery


def _run(statement: str, **given: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, given)


def _hex(what: str, digits: int) -> str:
    return f"'0x' || left(encode(sha256(convert_to({what}, 'UTF8')), 'hex'), {digits})"


def _series(logs: int) -> None:
    """Some strikes on every expiry, all counted; on one of them many splits."""
    each = "oracle_expiry e CROSS JOIN unnest(%(strikes)s::numeric[]) AS strike"
    address = _hex("e.id || strike", 40)
    p, n = _hex("'p' || e.id || strike", 40), _hex("'n' || e.id || strike", 40)
    eth, word = "'0x' || repeat('0', 40)", "'0x' || repeat('b', 64)"
    strikes = [strike * ETHER for strike in STRIKES]
    _run(
        f"""INSERT INTO settlement_series (address, origin, feed, expiry_id, strike, collateral, decimals, p, n,
            p_symbol, n_symbol, created_block, created_block_hash)
        SELECT {address}, 'factory', '', e.id, strike, {eth}, 18, {p}, {n}, 'P', 'N', 1, {word} FROM {each}""",
        strikes=strikes,
    )
    _run(
        f"""INSERT INTO settlement_chainseries (address, expiry, expiry_at, strike, collateral, p, n, block, block_hash,
            split, merged, redeemed_p, redeemed_n, paid_p, paid_n, price, is_redeemed)
        SELECT {address}, e.id, e.expiry_at, strike, {eth}, {p}, {n}, 1, {word}, 10 * 10^18::numeric, 0, 0, 0, 0, 0, 0,
               false FROM {each}""",
        strikes=strikes,
    )
    _run(
        f"""INSERT INTO settlement_serieslog (series_id, kind, block, block_hash, at, tx, log_index, account, p_amount,
            n_amount, amount)
        SELECT (SELECT min(c.address) FROM settlement_chainseries c JOIN oracle_expiry e ON e.id = c.expiry
                WHERE e.stage = 'FINAL'), 'Split', i, {word}, i, {_hex("'split' || i", 64)}, 0,
               {eth}, 1, 1, 1 FROM generate_series(1, %(logs)s) AS i""",
        logs=logs,
    )


def _publications() -> None:
    """All finals in batches of 100, signed by three, in the order of the book; the newest batch is under way."""
    finals = """WITH finals AS (
        SELECT e.*, a.seq, row_number() OVER (ORDER BY a.seq) - 1 AS place FROM oracle_expiry e
        JOIN oracle_act a ON a.expiry_id = e.id AND a.kind = 'Final')"""
    word = _hex("'publication' || batch", 64)
    _run(
        f"""{finals}, batches AS (SELECT place / {BATCH} AS batch, max(final_at) AS at FROM finals GROUP BY 1)
        INSERT INTO settlement_publication (id, stage, reason, tx_hash, block_number, block_hash, created_at, final_at)
        SELECT batch + 1, CASE WHEN newest THEN 'PLANNED' ELSE 'FINAL' END, '',
               CASE WHEN newest THEN NULL ELSE {word} END, CASE WHEN newest THEN NULL ELSE batch END,
               CASE WHEN newest THEN NULL ELSE {word} END, at,
               CASE WHEN newest THEN NULL ELSE at + 100 END
        FROM (SELECT *, batch = max(batch) OVER () AS newest FROM batches) AS b"""
    )
    _run(
        f"""{finals} INSERT INTO settlement_publicationitem (publication_id, position, expiry_id, attempt, price,
            transcript, payouts, live)
        SELECT place / {BATCH} + 1, mod(place, {BATCH}), id, 0, price, head, head, true FROM finals"""
    )
    _run(
        f"""{finals} INSERT INTO settlement_finalprice (seq, expiry_id, waiting) SELECT seq, id, false FROM finals"""
    )
    _run(
        f"""{finals} INSERT INTO settlement_oraclerecord (expiry_id, state, since, price, attempt, final_at, was_final,
            block, looked_at) SELECT id, 'EQUAL', final_at, price, 0, final_at, true, 1, final_at FROM finals"""
    )
    attestors = [person(f"attestor {number}").address for number in range(3)]
    _run(
        """INSERT INTO settlement_attestorsignature (publication_id, attestor, signature, at)
        SELECT id, attestor, %(signature)s, created_at
        FROM settlement_publication CROSS JOIN unnest(%(attestors)s::text[]) AS attestor""",
        signature=SIGNATURE, attestors=attestors,
    )  # fmt: skip
    _run("SELECT count(nextval(pg_get_serial_sequence('settlement_publication', 'id'))) FROM settlement_publication")


def _money(told: Told, deposits: int) -> None:
    """Deposits of one account through the escrow, in the book and in the ledger; and some stake on its way back."""
    from oracle.models import Act
    from settlement.models import EscrowBlock, EscrowIndex

    owner = person(OWNER)
    for _ in range(max(2, deposits // 50)):
        assert owner.unstake(10**9, told.now).refusal is None
    first = Act.objects.filter(kind="Deposit", account=owner.address).order_by("seq").first()
    assert first is not None
    given = {"first": first.seq, "deposits": deposits, "owner": owner.address}
    tx = _hex("'deposit' || i", 64)
    _run(
        f"""INSERT INTO oracle_act (seq, at, kind, digest, account, message, signatures, book, receipt_signature)
        SELECT head.seq + i, t.at, t.kind, {_hex("t.digest || i", 64)}, t.account, t.message || jsonb_build_object(
               'tx', {tx}, 'block', i::text, 'amount', '1000'), t.signatures, {_hex("t.book || i", 64)},
               t.receipt_signature
        FROM oracle_act t CROSS JOIN oracle_bookhead head CROSS JOIN generate_series(1, %(deposits)s) AS i
        WHERE t.seq = %(first)s""",
        **given,
    )
    _run(
        f"""INSERT INTO ledger_transfer (debit, credit, amount, key, at, entry, reason)
        SELECT 'outside', 'free:' || %(owner)s, 1000, 'deposit:' || {tx} || ':0', t.at, head.seq + i, 'deposit'
        FROM oracle_act t CROSS JOIN oracle_bookhead head CROSS JOIN generate_series(1, %(deposits)s) AS i
        WHERE t.seq = %(first)s""",
        **given,
    )
    _run(
        f"""INSERT INTO settlement_escrowlog (kind, block, block_hash, tx, log_index, account, amount, message, state,
            entry)
        SELECT 'Deposited', i, {_hex("'block' || i", 64)}, {tx}, 0, %(owner)s, 1000, '{{}}', 'FINAL', head.seq + i
        FROM oracle_bookhead head CROSS JOIN generate_series(1, %(deposits)s) AS i""",
        **given,
    )
    _run("UPDATE oracle_bookhead SET seq = (SELECT max(seq) FROM oracle_act)")
    EscrowBlock.objects.create(number=deposits, hash=_word("a block"), parent=_word("its parent"), timestamp=told.now)
    EscrowIndex.objects.update_or_create(id=1, defaults={"credited_to": deposits, "looked_at": told.now})
    _run(
        f"""INSERT INTO oracle_beat (at, seq, book, signature)
        SELECT i * 60, 0, {_hex("'beat' || i", 64)}, %(signature)s FROM generate_series(1, %(beats)s) AS i
        ON CONFLICT DO NOTHING""",
        beats=4 * deposits, signature=SIGNATURE,
    )  # fmt: skip


def _roots(told: Told) -> None:
    """One that is final, over everybody, with its file; and those of a year before it."""
    from settlement.models import EscrowIndex, Root, RootSignature
    from settlement.services import roots

    block = EscrowIndex.objects.get().credited_to
    built = roots.build(epoch=400, block=block)
    assert built is not None
    stored = roots.store(built, now=told.now)
    Root.objects.filter(pk=stored.pk).update(stage="FINAL", final_at=told.now)
    RootSignature.objects.bulk_create(
        RootSignature(root=stored, attestor=person(f"attestor {n}").address, signature=SIGNATURE, at=told.now)
        for n in range(3)
    )
    Root.objects.bulk_create(
        Root(
            epoch=epoch, root=_word(f"root {epoch}"), block=block, seq=1, accounts=1, debt=1, stage="FINAL",
            created_at=told.now - epoch, final_at=told.now - epoch,
        )
        for epoch in range(1, 400)
    )  # fmt: skip


def _alerts(told: Told, deliveries: int) -> dict[str, Any]:
    """Everything that an account may have of each, and all that it was told."""
    from alerts.models import CalendarLink, Delivery, Follow, Hook, Mailbox
    from alerts.services import follows
    from oracle.models import Expiry

    account = person(OWNER).address
    box = Mailbox.objects.create(account=account, address="alice@assize.example", asked_at=0, confirmed_at=1)
    hook = Hook.objects.create(account=account, url="https://hooks.assize.example/", secret="whsec_" + "a" * 43)
    for row in Expiry.objects.exclude(stage="FINAL").order_by("id")[: FOLLOWS - 1]:
        follows.follow(
            account=account, now=told.now, scope=Follow.Scope.EXPIRY, target=row.id, mailbox=box, hook=hook
        )
    every = follows.follow(account=account, now=told.now, scope=Follow.Scope.INDEX, target="bench-usd", hook=hook)
    for channel in ("webhook", "feed"):
        _run(
            """INSERT INTO alerts_delivery (uid, account, purpose, channel, follow_id, hook_id, seq, n, state,
                next_at, tries, created_at)
            SELECT gen_random_uuid(), %(account)s, 'event', %(channel)s, %(follow)s, %(hook)s, seq, n, 'SENT', at, 1, at
            FROM oracle_event WHERE seq IS NOT NULL ORDER BY seq, n LIMIT %(many)s""",
            account=account, channel=channel, follow=every.pk, hook=hook.pk if channel == "webhook" else None,
            many=deliveries,
        )  # fmt: skip
    _run(
        """INSERT INTO alerts_attempt (delivery_id, at, milliseconds, status, said)
        SELECT id, created_at, 12, 200, '' FROM alerts_delivery WHERE channel = 'webhook'"""
    )
    return {
        "follow": every.pk,
        "follow_token": every.token,
        "calendar_token": CalendarLink.objects.create(account=account).token,
        "token": follows.add_token(account=account, name="bench", now=told.now),
        "delivery": list(Delivery.objects.filter(channel="webhook").order_by("-id")[:11])[-1].pk,
    }


def _place_events(told: Told) -> None:
    from oracle.services.events import place_waiting

    while place_waiting(now=told.now):
        pass


def _words(told: Told) -> dict[str, Any]:
    """By story the slug of its newest copy; `told_<story>` of itself."""
    from oracle.models import Act, Expiry
    from settlement.models import Series, SeriesLog

    words: dict[str, Any] = {"account": person(OWNER).address, "voter": person("vera").address}
    words["evidence"] = told.evidence[0]
    for story, id_ in told.ids.items():
        own = Expiry.objects.get(id=id_)
        copies = Expiry.objects.filter(slug__startswith=f"bench-{story}-", stage=own.stage).exclude(id=id_)
        copy = copies.order_by("-expiry_at").first() or own
        words |= {story: copy.slug, f"{story}_id": copy.id, f"told_{story}": own.slug}
    reports = Act.objects.filter(kind="Report", expiry=words["silent_id"])
    words["digest"] = reports.values_list("digest", flat=True)[0]
    words["series_argued"] = Series.objects.filter(expiry=words["argued_id"]).values_list("address", flat=True)[0]
    words["series_final"] = Series.objects.filter(expiry=words["silent_id"]).values_list("address", flat=True)[0]
    words["series_logs"] = SeriesLog.objects.values_list("series_id", flat=True)[0]
    words["publication"] = 1
    words["seq"] = Act.objects.order_by("-seq").values_list("seq", flat=True)[0] // 2
    words["middle_id"], words["middle_at"] = _middle()
    return words


def _middle() -> tuple[str, int]:
    """The expiry in the middle of all, for a page in the middle."""
    from oracle.models import Expiry

    rows = Expiry.objects.order_by("expiry_at", "id")
    row = rows[rows.count() // 2]
    return row.id, row.expiry_at


def _word(what: str) -> str:
    return "0x" + hashlib.sha256(what.encode()).hexdigest()
