"""A window of a ballot runs out and a vote is missing: whoever follows their ballots is told once more.

A reminder is the event that opened the phase, told again: to who has not committed in the last part of COMMIT, to who
committed and has not revealed in the last part of REVEAL. It is a delivery like any other, and unique like one. The
deadline that it tells is the one when it is made, which outages have moved since the window opened.
"""

from __future__ import annotations

from django.db import connection, transaction

from oracle.models import Expiry
from protocol.stages import Stage
from protocol.terms import Terms

LAST_PART = 4
"""The last quarter of a window: 12 h of the default commit window, 6 h of the reveal window."""


def remind(*, now: int) -> int:
    """Make what is to be told now; returns how many deliveries that was."""
    running = Expiry.objects.filter(stage__in=(Stage.COMMIT, Stage.REVEAL), deadline__gt=now)
    return sum(_remind(expiry, now) for expiry in running.order_by("deadline", "id"))


def _remind(expiry: Expiry, now: int) -> int:
    terms = Terms.from_json(expiry.raised or expiry.terms)
    committing = expiry.stage == Stage.COMMIT
    window = terms.commit_window if committing else terms.reveal_window
    if expiry.deadline is None or now < expiry.deadline - window // LAST_PART:
        return 0
    given: dict[str, int | str] = {
        "now": now, "expiry": expiry.id, "ballot": expiry.ballot, "committing": committing,
        "opened": "ballot_opened" if committing else "reveal_opened", "deadline": expiry.deadline,
    }  # fmt: skip
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_REMIND, given)
        return int(cursor.rowcount)


_REMIND = """
INSERT INTO alerts_delivery (uid, account, purpose, channel, follow_id, mailbox_id, hook_id, seq, n, deadline, state,
                             next_at, tries, created_at)
SELECT gen_random_uuid(), follow.account, 'reminder', way.channel, follow.id, way.mailbox, way.hook,
       opening.seq, opening.n, %(deadline)s, way.state, %(now)s, 0, %(now)s
FROM alerts_follow AS follow
JOIN oracle_elector AS elector ON elector.expiry_id = %(expiry)s AND elector.account = follow.account
JOIN LATERAL (
    SELECT seq, n FROM oracle_event
    WHERE expiry_id = %(expiry)s AND kind = %(opened)s AND (data ->> 'ballot')::int = %(ballot)s AND seq IS NOT NULL
    ORDER BY seq DESC, n DESC LIMIT 1
) AS opening ON true
LEFT JOIN alerts_mailbox AS mailbox ON mailbox.id = follow.mailbox_id AND mailbox.confirmed_at IS NOT NULL
LEFT JOIN alerts_hook AS hook ON hook.id = follow.hook_id AND hook.disabled_at IS NULL
CROSS JOIN LATERAL (VALUES
    ('mail', mailbox.id, NULL::bigint, 'WAITING', mailbox.id IS NOT NULL),
    ('webhook', NULL, hook.id, 'WAITING', hook.id IS NOT NULL),
    ('feed', NULL, NULL, 'SENT', follow.feed)
) AS way (channel, mailbox, hook, state, wanted)
WHERE follow.scope = 'votes' AND NOT follow.paused AND way.wanted
  AND %(committing)s <> EXISTS (
      SELECT FROM oracle_act AS vote WHERE vote.kind = 'VoteCommit' AND vote.expiry_id = %(expiry)s
         AND vote.account = follow.account AND vote.ballot = %(ballot)s)
  AND NOT EXISTS (
      SELECT FROM oracle_act AS vote WHERE vote.kind = 'VoteReveal' AND vote.expiry_id = %(expiry)s
         AND vote.account = follow.account AND vote.ballot = %(ballot)s)
  AND NOT EXISTS (
      SELECT FROM alerts_delivery AS told WHERE told.follow_id = follow.id AND told.purpose = 'reminder'
         AND told.channel = way.channel AND told.seq = opening.seq AND told.n = opening.n)
ON CONFLICT DO NOTHING
"""
