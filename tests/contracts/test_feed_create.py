"""PriceFeedFactory.create: for anyone, before there is a price, once, at an address that is known."""

from tests.contracts.evm import Court, word

EXPIRY = word("an expiry")


def test_create__fresh__stands_where_it_was_foretold(court: Court) -> None:
    foretold = court.feeds.functions.address_of(EXPIRY, 8).call()
    receipt = court.evm.send(court.feeds.functions.create(EXPIRY, 8), court.evm.accounts[5])
    assert court.events(court.feeds, "FeedCreated", receipt) == [{"feed": foretold, "expiry": EXPIRY, "decimals": 8}]
    feed = court.evm.at("PriceFeed", foretold).functions
    assert (feed.expiry().call(), feed.oracle().call(), feed.decimals().call()) == (EXPIRY, court.oracle.address, 8)


def test_create__again__returns_it_and_does_nothing(court: Court) -> None:
    feed = court.create_feed(EXPIRY)
    create = court.feeds.functions.create(EXPIRY, 18)
    assert court.evm.read(create, court.evm.accounts[3]) == feed.address
    assert court.evm.send(create)["logs"] == []


def test_create__other_expiry_or_decimals__another_feed(court: Court) -> None:
    address_of = court.feeds.functions.address_of
    found = {address_of(*each).call() for each in ((EXPIRY, 18), (EXPIRY, 8), (EXPIRY, 0), (word("other"), 18))}
    assert len(found) == 4


def test_create__more_decimals_than_the_oracle_has__refused(court: Court) -> None:
    for decimals in (19, 255, 256, 2**256 - 1):
        court.evm.fails("more than 18 decimals", court.feeds.functions.create(EXPIRY, decimals))
        court.evm.fails("more than 18 decimals", court.feeds.functions.address_of(EXPIRY, decimals))


def test_constructors__no_contract__refused(court: Court) -> None:
    court.evm.constructor_fails("feed is no contract", "PriceFeedFactory", court.evm.accounts[0])
    court.evm.constructor_fails("oracle is no contract", "PriceFeed", court.evm.accounts[0])
