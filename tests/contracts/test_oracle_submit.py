"""PriceOracle.submit: who signs, what is refused, what is skipped, when it is final (PROTOCOL 7 and 8)."""

import pytest
from eth_account import Account

from tests.contracts.evm import ATTESTORS, DELAY_S, GUARDIANS, Court, word

EXPIRY = word("expiry")
PRICE = 17_891 * 10**18
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


def test_submit__three_of_five__event_and_record(court: Court) -> None:
    court.evm.set_time(at := court.evm.now() + 50)
    receipt = court.evm.send(court.submission(court.item(EXPIRY, PRICE)), court.evm.accounts[7])
    assert court.events(court.oracle, "Priced", receipt) == [{
        "expiry": EXPIRY,
        "attempt": 0,
        "price": PRICE,
        "transcript": word("transcript"),
        "payouts": word("payouts"),
        "final_at": at + DELAY_S,
    }]
    assert court.evm.read(court.oracle.functions.record_of(EXPIRY)) == (PRICE, at, at + DELAY_S, 0, False)


def test_submit__all_five_sign__accepted(court: Court) -> None:
    items = [court.item(EXPIRY, PRICE)]
    court.evm.send(court.oracle.functions.submit(items, court.attest(items, ATTESTORS)))
    assert court.evm.read(court.oracle.functions.record_of(EXPIRY))[0] == PRICE


def test_price_of__around_the_delay__final_at_its_end(court: Court) -> None:
    oracle = court.oracle.functions
    court.evm.fails("no final price", oracle.price_of(EXPIRY))
    court.evm.set_time(at := court.evm.now() + 50)
    court.evm.send(court.submission(court.item(EXPIRY, PRICE)))
    court.evm.set_time(at + DELAY_S - 1)
    court.evm.fails("no final price", oracle.price_of(EXPIRY))
    assert court.evm.read(oracle.try_price_of(EXPIRY)) == [False, 0]
    court.evm.set_time(at + DELAY_S)
    assert court.evm.read(oracle.price_of(EXPIRY)) == PRICE
    assert court.evm.read(oracle.try_price_of(EXPIRY)) == [True, PRICE]
    assert court.evm.read(oracle.record_of(EXPIRY)) == (PRICE, at, at + DELAY_S, 0, True)


def test_record_of__unknown_expiry__empty(court: Court) -> None:
    assert court.evm.read(court.oracle.functions.record_of(EXPIRY)) == (0, 0, 0, 0, False)


def test_submit__hundred_items__all_set(court: Court) -> None:
    items = [court.item(word(f"e{i}"), PRICE + i) for i in range(100)]
    receipt = court.evm.send(court.submission(*items))
    assert len(court.events(court.oracle, "Priced", receipt)) == 100
    assert court.evm.read(court.oracle.functions.record_of(word("e99")))[0] == PRICE + 99


def test_submit__more_than_a_hundred__refused(court: Court) -> None:
    items = [court.item(word(f"e{i}"), PRICE) for i in range(101)]
    court.evm.fails("", court.submission(*items))


def test_submit__no_items__refused(court: Court) -> None:
    court.evm.fails("no items", court.oracle.functions.submit([], court.attest([], ATTESTORS[:3])))


@pytest.mark.parametrize("price", [1, 2**120 - 1])
def test_submit__price_at_the_edge__kept_whole(court: Court, price: int) -> None:
    court.make_final(EXPIRY, price)
    assert court.evm.read(court.oracle.functions.price_of(EXPIRY)) == price


@pytest.mark.parametrize(("price", "reason"), [
    (0, "price is zero"), (2**120, "price above 2^120 - 1"), (2**256 - 1, "price above 2^120 - 1"),
])
def test_submit__price_out_of_range__refused(court: Court, price: int, reason: str) -> None:
    court.evm.fails(reason, court.submission(court.item(EXPIRY, price)))


def test_submit__same_content_again__skipped(court: Court) -> None:
    court.evm.set_time(at := court.evm.now() + 50)
    submission = court.submission(court.item(EXPIRY, PRICE))
    court.evm.send(submission)
    court.evm.set_time(at + 70)
    receipt = court.evm.send(submission)
    assert receipt["logs"] == []
    assert court.evm.read(court.oracle.functions.record_of(EXPIRY))[1] == at


def test_submit__same_content_after_finality__skipped(court: Court) -> None:
    court.make_final(EXPIRY, PRICE)
    assert court.evm.send(court.submission(court.item(EXPIRY, PRICE)))["logs"] == []


def test_submit__batch_with_one_set_already__sets_the_rest(court: Court) -> None:
    court.evm.send(court.submission(court.item(EXPIRY, PRICE)))
    receipt = court.evm.send(court.submission(court.item(EXPIRY, PRICE), court.item(word("other"), 5)))
    assert [event["expiry"] for event in court.events(court.oracle, "Priced", receipt)] == [word("other")]


@pytest.mark.parametrize("final", [False, True])
@pytest.mark.parametrize(("price", "note"), [(PRICE + 1, ""), (PRICE, " of another fold")])
def test_submit__other_content__whole_batch_reverts(court: Court, price: int, note: str, final: bool) -> None:
    court.make_final(EXPIRY, PRICE)
    if not final:
        court.evm.send(court.submission(court.item(word("fresh"), PRICE)))
    expiry = EXPIRY if final else word("fresh")
    other = court.item(expiry, price, note=note)
    court.evm.fails("set already, otherwise", court.submission(court.item(word("new"), 5), other))


def test_submit__same_expiry_twice_in_a_batch__must_agree(court: Court) -> None:
    item, other = court.item(EXPIRY, PRICE), court.item(EXPIRY, PRICE + 1)
    court.evm.fails("set already, otherwise", court.submission(item, other))
    assert len(court.events(court.oracle, "Priced", court.evm.send(court.submission(item, item)))) == 1


@pytest.mark.parametrize("attempt", [1, 2**32, 2**256 - 1])
def test_submit__attempt_that_does_not_run__refused(court: Court, attempt: int) -> None:
    court.evm.fails("not the running attempt", court.submission(court.item(EXPIRY, PRICE, attempt)))


def refused(court: Court, reason: str, signatures: list[bytes]) -> None:
    court.evm.fails(reason, court.oracle.functions.submit([court.item(EXPIRY, PRICE)], signatures))


def good(court: Court) -> list[bytes]:
    return court.attest([court.item(EXPIRY, PRICE)], ATTESTORS[:3])


def test_signatures__too_few__refused(court: Court) -> None:
    refused(court, "too few signatures", good(court)[:2])
    refused(court, "too few signatures", [])


def test_signatures__one_twice__refused(court: Court) -> None:
    first, second, _ = good(court)
    refused(court, "signers do not ascend", [first, second, second])


def test_signatures__not_ascending__refused(court: Court) -> None:
    refused(court, "signers do not ascend", good(court)[::-1])


@pytest.mark.parametrize("stranger", [GUARDIANS[0], Account.from_key(b"\x07" * 32)])
def test_signatures__of_no_attestor__refused(court: Court, stranger: object) -> None:
    keys = sorted([*ATTESTORS[:2], stranger], key=lambda key: int(key.address, 16))
    refused(court, "signer is not in the set", court.attest([court.item(EXPIRY, PRICE)], keys))


def test_signatures__one_bad_beyond_the_threshold__refused(court: Court) -> None:
    signatures = court.attest([court.item(EXPIRY, PRICE)], ATTESTORS[:4])
    refused(court, "signature is not 65 bytes", [*signatures[:3], b""])


def test_signatures__high_s__refused(court: Court) -> None:
    first, *rest = good(court)
    s = int.from_bytes(first[32:64], "big")
    twin = first[:32] + (ORDER - s).to_bytes(32, "big") + bytes([55 - first[64]])
    refused(court, "signature with a high s", [twin, *rest])


@pytest.mark.parametrize("v", [0, 1, 2, 26, 29, 37, 255])
def test_signatures__v_but_27_or_28__refused(court: Court, v: int) -> None:
    first, *rest = good(court)
    refused(court, "signature with a v but 27 or 28", [first[:64] + bytes([v]), *rest])


def test_signatures__v_of_the_other_parity__refused(court: Court) -> None:
    first, *rest = good(court)
    signatures = [first[:64] + bytes([55 - first[64]]), *rest]
    with pytest.raises(Exception, match="signer is not in the set|signers do not ascend"):
        court.evm.read(court.oracle.functions.submit([court.item(EXPIRY, PRICE)], signatures))


@pytest.mark.parametrize("length", [0, 32, 64])
def test_signatures__short__refused(court: Court, length: int) -> None:
    first, *rest = good(court)
    refused(court, "signature is not 65 bytes", [first[:length], *rest])


def test_signatures__nothing_but_zeros__refused(court: Court) -> None:
    zeros = b"\x00" * 64 + b"\x1b"
    refused(court, "signature of nobody", [zeros, zeros, zeros])


@pytest.mark.parametrize("domain", [
    {"chainId": 1}, {"verifyingContract": "0x" + "11" * 20}, {"name": "assize"}, {"version": "2"},
])
def test_signatures__of_another_domain__refused(court: Court, domain: dict[str, object]) -> None:
    items = [court.item(EXPIRY, PRICE)]
    signatures = court.attest(items, ATTESTORS[:3], **domain)
    with pytest.raises(Exception, match="signer is not in the set|signers do not ascend"):
        court.evm.read(court.oracle.functions.submit(items, signatures))


@pytest.mark.parametrize("field", range(5))
def test_signatures__any_field_changed__refused(court: Court, field: int) -> None:
    signed = court.item(EXPIRY, PRICE)
    changed = list(signed)
    changed[field] = changed[field] + 1 if isinstance(changed[field], int) else word("else")
    submit = court.oracle.functions.submit([tuple(changed)], court.attest([signed], ATTESTORS[:3]))
    with pytest.raises(Exception, match="signer is not in the set|signers do not ascend"):
        court.evm.read(submit)


def test_signatures__over_more_or_fewer_items__refused(court: Court) -> None:
    one, two = court.item(EXPIRY, PRICE), court.item(word("two"), PRICE)
    for signed, sent in (([one, two], [one]), ([one], [one, two]), ([one, two], [two, one])):
        submit = court.oracle.functions.submit(sent, court.attest(signed, ATTESTORS[:3]))
        with pytest.raises(Exception, match="signer is not in the set|signers do not ascend"):
            court.evm.read(submit)


def test_domain_separator__ours__equals_eth_account(court: Court) -> None:
    signable = court.digest("VetoSet", {"nonce": 1})
    assert court.oracle.functions.domain_separator().call() == signable.header
