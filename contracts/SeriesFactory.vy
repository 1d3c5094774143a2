# pragma version 0.4.3
# pragma evm-version cancun
"""
@title The factory of series
@license MIT
@notice Creates series and remembers them. Anyone may: a series' expiry id is computed here from index, instant and terms,
        so whoever creates one cannot lie about when it expires or what it pays by. Nobody owns the factory.
@dev A series' address follows from its parameters (CREATE2), so the same series exists once, and after a reorg an
     address cannot have become another series.
"""
from contracts import clones

interface Series:
    def create_tokens(): nonpayable
    def p() -> address: view
    def n() -> address: view

event SeriesCreated:
    series: indexed(address)
    expiry: indexed(bytes32)
    collateral: indexed(address)    # the zero address is ETH
    expiry_at: uint256
    strike: uint256
    p: address
    n: address

MAX_STRIKES: public(constant(uint256)) = 50
MAX_STRIKE: constant(uint256) = 2 ** 120 - 1
MAX_TIME: constant(uint256) = 2 ** 40 - 1

SERIES: public(immutable(address))

is_series: public(HashMap[address, bool])
series_count: public(HashMap[bytes32, uint256])
series_at: public(HashMap[bytes32, HashMap[uint256, address]])


@deploy
def __init__(series: address):
    """
    @param series the implementation of Series
    """
    assert series.is_contract, "series is no contract"
    SERIES = series


@external
def create(index: bytes32, expiry_at: uint256, terms: bytes32, strike: uint256, collateral: address) -> address:
    """
    @notice Creates a series, or returns the one that exists.
    @param index hash of the index spec (PROTOCOL 7)
    @param expiry_at unix seconds, in the future
    @param terms hash of the terms as listed
    @param strike 18 decimals, in (0, 2^120)
    @param collateral an ERC-20, or the zero address for ETH
    """
    expiry: bytes32 = self._checked_expiry(index, expiry_at, terms, collateral)
    return self._create(expiry, expiry_at, strike, collateral)


@external
def create_grid(
    index: bytes32,
    expiry_at: uint256,
    terms: bytes32,
    strikes: DynArray[uint256, MAX_STRIKES],
    collateral: address,
) -> DynArray[address, MAX_STRIKES]:
    """
    @notice As create, for many strikes. A strike that exists is skipped, so nobody can spoil a grid by being first.
    """
    expiry: bytes32 = self._checked_expiry(index, expiry_at, terms, collateral)
    created: DynArray[address, MAX_STRIKES] = []
    for strike: uint256 in strikes:
        created.append(self._create(expiry, expiry_at, strike, collateral))
    return created


@external
@view
def address_of(expiry: bytes32, expiry_at: uint256, strike: uint256, collateral: address) -> address:
    """
    @notice Where this series is, or would be once created.
    """
    return self._address_of(self._creation_code(expiry, expiry_at, strike, collateral))


@internal
def _create(expiry: bytes32, expiry_at: uint256, strike: uint256, collateral: address) -> address:
    assert strike > 0, "strike is zero"
    assert strike <= MAX_STRIKE, "strike above 2^120 - 1"
    code: Bytes[151] = self._creation_code(expiry, expiry_at, strike, collateral)
    series: address = self._address_of(code)
    if self.is_series[series]:
        return series
    count: uint256 = self.series_count[expiry]
    self.is_series[series] = True
    self.series_count[expiry] = count + 1
    self.series_at[expiry][count] = series
    assert raw_create(code, salt=empty(bytes32)) == series, "series is not where it is looked for"
    extcall Series(series).create_tokens()
    log SeriesCreated(
        series=series,
        expiry=expiry,
        collateral=collateral,
        expiry_at=expiry_at,
        strike=strike,
        p=staticcall Series(series).p(),
        n=staticcall Series(series).n(),
    )
    return series


@internal
@view
def _checked_expiry(index: bytes32, expiry_at: uint256, terms: bytes32, collateral: address) -> bytes32:
    assert expiry_at > block.timestamp, "expiry is past"
    assert expiry_at <= MAX_TIME, "expiry_at above 2^40 - 1"
    assert collateral == empty(address) or collateral.is_contract, "collateral is no contract"
    return keccak256(abi_encode(index, expiry_at, terms))


@internal
@view
def _creation_code(expiry: bytes32, expiry_at: uint256, strike: uint256, collateral: address) -> Bytes[151]:
    return clones._creation_code(SERIES, concat(
        expiry,
        convert(convert(strike, uint120), bytes15),
        convert(convert(expiry_at, uint40), bytes5),
        convert(collateral, bytes20),
    ))


@internal
@view
def _address_of(code: Bytes[151]) -> address:
    """
    @dev Where CREATE2 puts this code: keccak256(0xff, creator, salt, keccak256(code)), last 20 bytes.
    """
    place: bytes32 = keccak256(concat(x"ff", convert(self, bytes20), empty(bytes32), keccak256(code)))
    return convert(convert(place, uint256) & (2 ** 160 - 1), address)
