# pragma version 0.4.3
# pragma evm-version cancun
"""
@title One expiry's price as a feed
@license MIT
@notice Answers AggregatorV3Interface, so that a contract written for such feeds can settle by an expiry of ours. There is
        one round, number 1. Until the price is final every question about it reverts: it is never 0, and never provisional.
@dev The implementation behind minimal proxies, without storage. A proxy's code ends with expiry (32 bytes) and decimals (1).
"""
from contracts import clones

struct Record:
    price: uint256
    set_at: uint256
    final_at: uint256
    attempt: uint256
    is_final: bool

interface Oracle:
    def record_of(expiry: bytes32) -> Record: view

struct Round:
    round_id: uint80
    answer: int256
    started_at: uint256
    updated_at: uint256
    answered_in_round: uint80

PARAMETERS_SIZE: constant(uint256) = 33
ORACLE_DECIMALS: constant(uint256) = 18
ROUND: constant(uint80) = 1

ORACLE: immutable(Oracle)


@deploy
def __init__(oracle: address):
    """
    @param oracle the price oracle
    """
    assert oracle.is_contract, "oracle is no contract"
    ORACLE = Oracle(oracle)


@external
@view
def latestRoundData() -> (uint80, int256, uint256, uint256, uint80):
    """
    @notice The final price: round, answer, when it was set, when it became final, round.
    """
    found: Round = self._round()
    return found.round_id, found.answer, found.started_at, found.updated_at, found.answered_in_round


@external
@view
def getRoundData(round_id: uint80) -> (uint80, int256, uint256, uint256, uint80):
    """
    @notice As latestRoundData, for round 1; there is no other.
    """
    assert round_id == ROUND, "no such round"
    found: Round = self._round()
    return found.round_id, found.answer, found.started_at, found.updated_at, found.answered_in_round


@external
@view
def latestAnswer() -> int256:
    """
    @notice The final price in this feed's decimals.
    """
    return self._round().answer


@external
@view
def decimals() -> uint8:
    return convert(self._decimals(), uint8)


@external
@view
def description() -> String[19]:
    """
    @notice The same for every feed: expiry() says which price it is, and the id is the hash of index, instant and terms.
    """
    return "Assize expiry price"


@external
@view
def version() -> uint256:
    return 1


@external
@view
def oracle() -> address:
    return ORACLE.address


@external
@view
def expiry() -> bytes32:
    return self._expiry()


@internal
@view
def _round() -> Round:
    record: Record = staticcall ORACLE.record_of(self._expiry())
    assert record.is_final, "no price yet"
    # Rounded down where the feed has fewer decimals than the oracle. A price below its last digit is no answer: never 0.
    answer: uint256 = record.price // 10 ** (ORACLE_DECIMALS - self._decimals())
    assert answer > 0, "price below the last decimal"
    return Round(
        round_id=ROUND,
        answer=convert(answer, int256),
        started_at=record.set_at,
        updated_at=record.final_at,
        answered_in_round=ROUND,
    )


@internal
@view
def _expiry() -> bytes32:
    # `self.code` would be read from the implementation, which is what runs.
    proxy: address = self
    return convert(slice(proxy.code, clones.CODE_SIZE, 32), bytes32)


@internal
@view
def _decimals() -> uint256:
    proxy: address = self
    return convert(convert(slice(proxy.code, clones.CODE_SIZE + 32, 1), bytes1), uint256)
