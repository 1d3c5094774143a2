# pragma version 0.4.3
# pragma evm-version cancun
"""
@title P or N of one series
@license MIT
@notice A plain ERC-20. Its series alone mints and burns. A base unit of P or N stands for a base unit of the series'
        collateral, so `decimals` are the collateral's: 18 for ETH.
@dev The implementation behind minimal proxies. A proxy's code ends with the series (20 bytes) and "P" or "N" (1 byte).
"""
from ethereum.ercs import IERC20
from contracts import clones

implements: IERC20

interface Series:
    def strike() -> uint256: view
    def expiry_at() -> uint256: view
    def decimals() -> uint8: view

event Transfer:
    sender: indexed(address)
    receiver: indexed(address)
    value: uint256

event Approval:
    owner: indexed(address)
    spender: indexed(address)
    value: uint256

PARAMETERS_SIZE: constant(uint256) = 21
ONE: constant(uint256) = 10 ** 18

totalSupply: public(uint256)
balanceOf: public(HashMap[address, uint256])
allowance: public(HashMap[address, HashMap[address, uint256]])

# ------------------------------------------------------------------ ERC-20

@external
def transfer(to: address, amount: uint256) -> bool:
    self._transfer(msg.sender, to, amount)
    return True


@external
def transferFrom(owner: address, to: address, amount: uint256) -> bool:
    """
    @dev An allowance of 2^256 - 1 is never used up.
    """
    allowed: uint256 = self.allowance[owner][msg.sender]
    if allowed != max_value(uint256):
        assert allowed >= amount, "allowance too small"
        self.allowance[owner][msg.sender] = unsafe_sub(allowed, amount)
    self._transfer(owner, to, amount)
    return True


@external
def approve(spender: address, amount: uint256) -> bool:
    self.allowance[msg.sender][spender] = amount
    log Approval(owner=msg.sender, spender=spender, value=amount)
    return True


@internal
def _transfer(owner: address, to: address, amount: uint256):
    assert to != empty(address), "to is the zero address"
    balance: uint256 = self.balanceOf[owner]
    assert balance >= amount, "balance too small"
    self.balanceOf[owner] = unsafe_sub(balance, amount)
    self.balanceOf[to] += amount
    log Transfer(sender=owner, receiver=to, value=amount)

# ------------------------------------------------------------------ by the series

@external
def mint(to: address, amount: uint256):
    assert msg.sender == self._series(), "not the series"
    assert to != empty(address), "to is the zero address"
    self.totalSupply += amount
    # No balance exceeds the supply, which was just checked.
    self.balanceOf[to] = unsafe_add(self.balanceOf[to], amount)
    log Transfer(sender=empty(address), receiver=to, value=amount)


@external
def burn(owner: address, amount: uint256):
    assert msg.sender == self._series(), "not the series"
    balance: uint256 = self.balanceOf[owner]
    assert balance >= amount, "balance too small"
    self.balanceOf[owner] = unsafe_sub(balance, amount)
    self.totalSupply = unsafe_sub(self.totalSupply, amount)
    log Transfer(sender=owner, receiver=empty(address), value=amount)

# ------------------------------------------------------------------ what it is

@external
@view
def series() -> address:
    return self._series()


@external
@view
def decimals() -> uint8:
    return staticcall Series(self._series()).decimals()


@external
@view
def symbol() -> String[159]:
    """
    @return for example "P-3000.5": side and strike
    """
    return concat(self._side(), "-", self._decimal(staticcall Series(self._series()).strike()))


@external
@view
def name() -> String[261]:
    """
    @return for example "Assize P, strike 3000.5, expiry 1893456000": side, strike and the expiry instant in unix
            seconds. It does not name the index: `series().expiry()` commits to it.
    """
    series: Series = Series(self._series())
    return concat(
        "Assize ", self._side(),
        ", strike ", self._decimal(staticcall series.strike()),
        ", expiry ", uint2str(staticcall series.expiry_at()),
    )


@internal
@view
def _parameters() -> Bytes[PARAMETERS_SIZE]:
    # `self.code` would be read from the implementation, which is what runs.
    proxy: address = self
    return slice(proxy.code, clones.CODE_SIZE, PARAMETERS_SIZE)


@internal
@view
def _series() -> address:
    return convert(extract32(concat(self._parameters(), empty(bytes32)), 0, output_type=uint256) >> 96, address)


@internal
@view
def _side() -> String[1]:
    return convert(slice(self._parameters(), 20, 1), String[1])


@internal
@pure
def _decimal(number: uint256) -> String[157]:
    """
    @dev 18 decimals as text, without zeros at the end.
    """
    fraction: uint256 = number % ONE
    if fraction == 0:
        return uint2str(number // ONE)
    digits: uint256 = 18
    for _: uint256 in range(18):
        if fraction % 10 != 0:
            break
        fraction //= 10
        digits -= 1
    # A leading 1 keeps the zeros behind the point, and is cut off.
    padded: String[78] = uint2str(10 ** digits + fraction)
    return concat(uint2str(number // ONE), ".", slice(padded, 1, digits))
