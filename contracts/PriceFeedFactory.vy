# pragma version 0.4.3
# pragma evm-version cancun
"""
@title The factory of price feeds
@license MIT
@notice Creates a feed for an expiry, for anyone, also long before there is a price. Nobody owns the factory.
@dev A feed's address follows from expiry and decimals (CREATE2), so a contract can be built upon it before it exists,
     and whoever asks `address_of` can tell a feed of ours from one that only looks like it.
"""
from contracts import clones

event FeedCreated:
    feed: indexed(address)
    expiry: indexed(bytes32)
    decimals: uint256

MAX_DECIMALS: constant(uint256) = 18

FEED: public(immutable(address))


@deploy
def __init__(feed: address):
    """
    @param feed the implementation of PriceFeed
    """
    assert feed.is_contract, "feed is no contract"
    FEED = feed


@external
def create(expiry: bytes32, decimals: uint256) -> address:
    """
    @notice Creates a feed, or returns the one that exists.
    @param expiry id of an expiry (PROTOCOL 7); nothing is asked about it
    @param decimals of the feed's answers, at most 18, which is what the oracle has
    """
    code: Bytes[151] = self._creation_code(expiry, decimals)
    feed: address = self._address_of(code)
    if feed.is_contract:
        return feed
    assert raw_create(code, salt=empty(bytes32)) == feed, "feed is not where it is looked for"
    log FeedCreated(feed=feed, expiry=expiry, decimals=decimals)
    return feed


@external
@view
def address_of(expiry: bytes32, decimals: uint256) -> address:
    """
    @notice Where this feed is, or would be once created.
    """
    return self._address_of(self._creation_code(expiry, decimals))


@internal
@view
def _creation_code(expiry: bytes32, decimals: uint256) -> Bytes[151]:
    assert decimals <= MAX_DECIMALS, "more than 18 decimals"
    return clones._creation_code(FEED, concat(expiry, convert(convert(decimals, uint8), bytes1)))


@internal
@view
def _address_of(code: Bytes[151]) -> address:
    """
    @dev Where CREATE2 puts this code: keccak256(0xff, creator, salt, keccak256(code)), last 20 bytes.
    """
    place: bytes32 = keccak256(concat(x"ff", convert(self, bytes20), empty(bytes32), keccak256(code)))
    return convert(convert(place, uint256) & (2 ** 160 - 1), address)
