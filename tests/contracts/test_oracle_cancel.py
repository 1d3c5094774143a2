"""PriceOracle.cancel: guardians take a price back inside the delay, and cannot do more (PROTOCOL 8)."""

from tests.contracts.evm import ATTESTORS, DELAY_S, GUARDIANS, Court, word

EXPIRY = word("expiry")


def test_cancel__inside_the_delay__clears_and_raises_the_attempt(court: Court) -> None:
    court.evm.send(court.submission(court.item(EXPIRY, 5)))
    receipt = court.evm.send(court.cancellation(EXPIRY, 0), court.evm.accounts[7])
    assert court.events(court.oracle, "Cancelled", receipt) == [{"expiry": EXPIRY, "attempt": 0}]
    assert court.evm.read(court.oracle.functions.record_of(EXPIRY)) == (0, 0, 0, 1, False)
    court.evm.set_time(court.evm.now() + DELAY_S)
    court.evm.fails("no final price", court.oracle.functions.price_of(EXPIRY))


def test_cancel__then_the_old_attestation__refused(court: Court) -> None:
    submission = court.submission(court.item(EXPIRY, 5))
    court.evm.send(submission)
    court.evm.send(court.cancellation(EXPIRY, 0))
    court.evm.fails("not the running attempt", submission)


def test_cancel__then_the_next_attempt__waits_its_own_delay(court: Court) -> None:
    court.evm.send(court.submission(court.item(EXPIRY, 5)))
    court.evm.set_time(at := court.evm.now() + DELAY_S // 2)
    court.evm.send(court.cancellation(EXPIRY, 0))
    court.evm.send(court.submission(court.item(EXPIRY, 6, attempt=1)))
    set_at = court.evm.read(court.oracle.functions.record_of(EXPIRY))[1]
    assert set_at > at
    court.evm.set_time(set_at + DELAY_S - 1)
    court.evm.fails("no final price", court.oracle.functions.price_of(EXPIRY))
    court.evm.set_time(set_at + DELAY_S)
    assert court.evm.read(court.oracle.functions.price_of(EXPIRY)) == 6


def test_cancel__second_attempt_too__counts_on(court: Court) -> None:
    for attempt in range(3):
        court.evm.send(court.submission(court.item(EXPIRY, 5, attempt)))
        court.evm.send(court.cancellation(EXPIRY, attempt))
    assert court.evm.read(court.oracle.functions.record_of(EXPIRY)) == (0, 0, 0, 3, False)


def test_cancel__around_finality__open_until_it(court: Court) -> None:
    court.evm.set_time(at := court.evm.now() + 50)
    court.evm.send(court.submission(court.item(EXPIRY, 5)))
    court.evm.set_time(at + DELAY_S - 1)
    court.evm.read(court.cancellation(EXPIRY, 0))
    court.evm.set_time(at + DELAY_S)
    court.evm.fails("the price is final", court.cancellation(EXPIRY, 0))


def test_cancel__nothing_set__refused(court: Court) -> None:
    court.evm.fails("no price to cancel", court.cancellation(EXPIRY, 0))


def test_cancel__other_attempt__refused(court: Court) -> None:
    court.evm.send(court.submission(court.item(EXPIRY, 5)))
    court.evm.fails("not the running attempt", court.cancellation(EXPIRY, 1))


def test_cancel__signatures_used_again__refused(court: Court) -> None:
    court.evm.send(court.submission(court.item(EXPIRY, 5)))
    cancellation = court.cancellation(EXPIRY, 0)
    court.evm.send(cancellation)
    court.evm.send(court.submission(court.item(EXPIRY, 5, attempt=1)))
    court.evm.fails("not the running attempt", cancellation)


def test_cancel__too_few_or_attestors__refused(court: Court) -> None:
    court.evm.send(court.submission(court.item(EXPIRY, 5)))
    court.evm.fails("too few signatures", court.cancellation(EXPIRY, 0, GUARDIANS[:1]))
    court.evm.fails("signer is not in the set", court.cancellation(EXPIRY, 0, ATTESTORS[:2]))


def test_cancel__one_expiry__leaves_the_others(court: Court) -> None:
    court.evm.send(court.submission(court.item(EXPIRY, 5), court.item(word("other"), 6)))
    court.evm.send(court.cancellation(EXPIRY, 0))
    court.evm.set_time(court.evm.now() + DELAY_S)
    assert court.evm.read(court.oracle.functions.price_of(word("other"))) == 6
