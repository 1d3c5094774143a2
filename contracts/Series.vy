# pragma version 0.4.3
# pragma evm-version cancun
"""
@title One series: P and N at one strike on one expiry
@license MIT
@notice Splits collateral into P and N until the expiry instant, merges them back at any time, and redeems either once
        the price oracle has the expiry's final price. PROTOCOL section 8. Nobody owns it and nothing in it can be changed.
@dev The implementation behind minimal proxies, and without storage. A proxy's code ends with expiry (32 bytes),
     strike (15), expiry_at (5) and collateral (20). Conservation: P and N are minted and merged one to one and each
     payoff is rounded down, so what is redeemed never exceeds what was split.
"""
from ethereum.ercs import IERC20
from contracts import clones

interface Oracle:
    def price_of(expiry: bytes32) -> uint256: view

interface Token:
    def mint(to: address, amount: uint256): nonpayable
    def burn(owner: address, amount: uint256): nonpayable

struct Parameters:
    expiry: bytes32
    strike: uint256         # 18 decimals, in (0, 2^120)
    expiry_at: uint256      # unix seconds
    collateral: address     # the zero address is ETH

event Split:
    account: indexed(address)
    to: indexed(address)
    amount: uint256

event Merge:
    account: indexed(address)
    amount: uint256

event Redeem:
    account: indexed(address)
    to: indexed(address)
    p_amount: uint256
    n_amount: uint256
    price: uint256
    paid: uint256

PARAMETERS_SIZE: constant(uint256) = 72
MAX_AMOUNT: constant(uint256) = 2 ** 128 - 1        # times a price below 2^120 it cannot overflow

# The tokens are the first and the second contract that a series creates.
P: constant(uint256) = 1
N: constant(uint256) = 2

ORACLE: immutable(Oracle)
TOKEN: immutable(address)
IMPLEMENTATION: immutable(address)


@deploy
def __init__(oracle: address, token: address):
    """
    @param oracle the price oracle
    @param token the implementation of SeriesToken
    """
    assert oracle.is_contract, "oracle is no contract"
    assert token.is_contract, "token is no contract"
    ORACLE = Oracle(oracle)
    TOKEN = token
    IMPLEMENTATION = self


@external
def create_tokens():
    """
    @notice Creates P and N, once. The factory calls it in the transaction that creates the series.
    """
    assert self != IMPLEMENTATION, "the implementation is no series"
    assert not self._token(P).is_contract, "tokens exist already"
    p: address = raw_create(clones._creation_code(TOKEN, concat(convert(self, bytes20), b"P")))
    n: address = raw_create(clones._creation_code(TOKEN, concat(convert(self, bytes20), b"N")))
    assert p == self._token(P) and n == self._token(N), "tokens are not where they are looked for"

# ------------------------------------------------------------------ split, merge, redeem

@external
@payable
@nonreentrant
def split(amount: uint256):
    """
    @notice Takes `amount` base units of collateral and mints as much P and as much N to the caller.
    """
    self._split(amount, msg.sender)


@external
@payable
@nonreentrant
def split_to(amount: uint256, to: address):
    """
    @notice As split, but P and N go to `to`.
    """
    self._split(amount, to)


@external
@nonreentrant
def merge(amount: uint256):
    """
    @notice Burns `amount` P and `amount` N of the caller and pays `amount` collateral. Open in every stage.
    """
    assert amount > 0, "amount is zero"
    extcall Token(self._token(P)).burn(msg.sender, amount)
    extcall Token(self._token(N)).burn(msg.sender, amount)
    log Merge(account=msg.sender, amount=amount)
    self._pay(self._parameters().collateral, msg.sender, amount)


@external
@nonreentrant
def redeem(p_amount: uint256, n_amount: uint256, to: address) -> uint256:
    """
    @notice Burns P and N of the caller at the final price and pays `to`. Reverts while no price is final.
    @return the base units of collateral paid: the payoffs of P and of N, each rounded down
    """
    assert p_amount > 0 or n_amount > 0, "nothing to redeem"
    assert p_amount <= MAX_AMOUNT and n_amount <= MAX_AMOUNT, "amount above 2^128 - 1"
    assert to != empty(address) and to != self, "to can take no collateral"
    series: Parameters = self._parameters()
    price: uint256 = staticcall ORACLE.price_of(series.expiry)
    paid: uint256 = self._p_payoff(p_amount, series.strike, price) + self._n_payoff(n_amount, series.strike, price)
    if p_amount > 0:
        extcall Token(self._token(P)).burn(msg.sender, p_amount)
    if n_amount > 0:
        extcall Token(self._token(N)).burn(msg.sender, n_amount)
    log Redeem(account=msg.sender, to=to, p_amount=p_amount, n_amount=n_amount, price=price, paid=paid)
    self._pay(series.collateral, to, paid)
    return paid


@internal
@payable
def _split(amount: uint256, to: address):
    series: Parameters = self._parameters()
    assert block.timestamp < series.expiry_at, "split closed at the expiry"
    assert amount > 0, "amount is zero"
    assert amount <= MAX_AMOUNT, "amount above 2^128 - 1"
    if series.collateral == empty(address):
        assert msg.value == amount, "value is not the amount"
    else:
        assert msg.value == 0, "collateral is not ETH"
        self._take(series.collateral, amount)
    extcall Token(self._token(P)).mint(to, amount)
    extcall Token(self._token(N)).mint(to, amount)
    log Split(account=msg.sender, to=to, amount=amount)


@internal
@pure
def _p_payoff(amount: uint256, strike: uint256, price: uint256) -> uint256:
    if price <= strike:
        return amount
    return unsafe_div(unsafe_mul(amount, strike), price)


@internal
@pure
def _n_payoff(amount: uint256, strike: uint256, price: uint256) -> uint256:
    if price <= strike:
        return 0
    return unsafe_div(unsafe_mul(amount, unsafe_sub(price, strike)), price)

# ------------------------------------------------------------------ collateral

@internal
def _take(collateral: address, amount: uint256):
    """
    @dev What arrives is measured: a token that keeps a fee, or says yes and does nothing, is refused.
    """
    before: uint256 = staticcall IERC20(collateral).balanceOf(self)
    answer: Bytes[32] = raw_call(
        collateral,
        abi_encode(msg.sender, self, amount, method_id=method_id("transferFrom(address,address,uint256)")),
        max_outsize=32,
    )
    self._check_answer(answer)
    assert staticcall IERC20(collateral).balanceOf(self) == before + amount, "collateral did not arrive whole"


@internal
def _pay(collateral: address, to: address, amount: uint256):
    if amount == 0:
        return
    if collateral == empty(address):
        assert raw_call(to, b"", value=amount, revert_on_failure=False), "the receiver refused the ETH"
    else:
        self._check_answer(raw_call(
            collateral,
            abi_encode(to, amount, method_id=method_id("transfer(address,uint256)")),
            max_outsize=32,
        ))


@internal
@pure
def _check_answer(answer: Bytes[32]):
    # Some tokens return nothing: for them, not to revert is to agree.
    if len(answer) > 0:
        assert convert(answer, uint256) == 1, "collateral transfer failed"

# ------------------------------------------------------------------ what it is

@external
@view
def p() -> address:
    return self._token(P)


@external
@view
def n() -> address:
    return self._token(N)


@external
@view
def oracle() -> address:
    return ORACLE.address


@external
@view
def expiry() -> bytes32:
    return self._parameters().expiry


@external
@view
def expiry_at() -> uint256:
    return self._parameters().expiry_at


@external
@view
def strike() -> uint256:
    return self._parameters().strike


@external
@view
def collateral() -> address:
    return self._parameters().collateral


@external
@view
def decimals() -> uint8:
    """
    @return the collateral's decimals: 18 for ETH and for a token that does not tell
    """
    collateral: address = self._parameters().collateral
    if collateral == empty(address):
        return 18
    success: bool = False
    answer: Bytes[32] = b""
    success, answer = raw_call(
        collateral, method_id("decimals()"), max_outsize=32, is_static_call=True, revert_on_failure=False
    )
    if not success or len(answer) != 32 or convert(answer, uint256) > 255:
        return 18
    return convert(convert(answer, uint256), uint8)


@internal
@view
def _parameters() -> Parameters:
    # `self.code` would be read from the implementation, which is what runs.
    proxy: address = self
    parameters: Bytes[PARAMETERS_SIZE] = slice(proxy.code, clones.CODE_SIZE, PARAMETERS_SIZE)
    middle: uint256 = extract32(parameters, 32, output_type=uint256)    # strike, expiry_at, part of collateral
    last: uint256 = extract32(parameters, 40, output_type=uint256)      # ends with collateral
    return Parameters(
        expiry=extract32(parameters, 0),
        strike=middle >> 136,
        expiry_at=middle >> 96 & (2 ** 40 - 1),
        collateral=convert(last & (2 ** 160 - 1), address),
    )


@internal
@view
def _token(number: uint256) -> address:
    """
    @dev Where CREATE puts the series' contract of that number: keccak256(rlp([creator, number])), last 20 bytes.
    """
    place: bytes32 = keccak256(concat(x"d694", convert(self, bytes20), convert(convert(number, uint8), bytes1)))
    return convert(convert(place, uint256) & (2 ** 160 - 1), address)
