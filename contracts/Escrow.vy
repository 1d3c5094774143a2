# pragma version 0.4.3
# pragma evm-version cancun
"""
@title The escrow
@license MIT
@notice Holds the bonds in ETH. Anyone deposits. Money leaves only by a final root of what each account is owed: accounts
        claim what they asked to withdraw, and take everything by the exit when no root has become final for
        `EXIT_DELAY` seconds. PROTOCOL section 8.
@dev What is owed is cumulative, and `paid` counts all that an account ever got, by claim or by exit. So in whatever order
     and however often things are proven, an account never gets more than the most that it can prove.
"""
from contracts import merkle
from contracts import ownership
from contracts import roots

initializes: ownership
initializes: roots[ownership := ownership]
exports: (ownership.__interface__, roots.__interface__)

# ------------------------------------------------------------------ events

event Deposited:
    account: indexed(address)
    sender: indexed(address)
    amount: uint256
    total: uint256          # of the account, this one included

event Claimed:
    account: indexed(address)
    epoch: indexed(uint256)
    amount: uint256
    total: uint256          # ever paid to the account, this one included

event Exited:
    account: indexed(address)
    amount: uint256
    total: uint256          # ever paid to the account, this one included

# ------------------------------------------------------------------ constants

# Amounts take the lower half of a slot and share it. No chain has 2^128 wei.
AMOUNT_BITS: constant(uint256) = 128
AMOUNT_MASK: constant(uint256) = 2 ** 128 - 1
MAX_PROOF: public(constant(uint256)) = merkle.MAX_PROOF

OUTFLOW_CAP: public(immutable(uint256))

# ------------------------------------------------------------------ storage

totals: uint256                         # all deposits (128), all payments (128), from the lowest bit up
deposits: HashMap[address, uint256]     # an account's deposits (128), the block of its first (64)
paid: public(HashMap[address, uint256]) # wei that an account ever got
outflow: uint256                        # what claims took (128) in an epoch (64); kept only under a cap

# ------------------------------------------------------------------ constructor

@deploy
def __init__(
    owner: address,
    oracle: address,
    delay: uint256,
    exit_delay: uint256,
    outflow_cap: uint256,
    first_epoch: uint256,
):
    """
    @param owner who may pause deposits and roots, and nothing else
    @param oracle the price oracle, whose attestors and guardians sign for the escrow too
    @param delay seconds between a root's post and its finality, > 0
    @param exit_delay seconds without a new final root after which the exit opens: > delay, at most a year
    @param outflow_cap wei that claims may take out in one epoch, 0 for any amount; the exit knows no cap
    @param first_epoch the first root's number, > 0: above every one signed for an earlier escrow of the same oracle
    """
    assert outflow_cap <= AMOUNT_MASK, "outflow_cap above 2^128 - 1"
    ownership.__init__(owner)
    roots.__init__(oracle, delay, exit_delay, first_epoch)
    OUTFLOW_CAP = outflow_cap
    # Nothing taken in the first epoch: written here, so that the first claim does not pay for the slot.
    self.outflow = first_epoch << AMOUNT_BITS

# ------------------------------------------------------------------ in

@external
@payable
def deposit(account: address):
    """
    @notice Takes the ETH that comes with the call as a bond of `account`. It is spendable once its block is final and counted.
    """
    roots._check_open()
    assert account != empty(address), "account is the zero address"
    assert msg.value > 0, "nothing deposited"
    self.totals += msg.value
    packed: uint256 = self.deposits[account]
    if packed == 0:
        packed = block.number << AMOUNT_BITS
    packed += msg.value
    self.deposits[account] = packed
    log Deposited(account=account, sender=msg.sender, amount=msg.value, total=packed & AMOUNT_MASK)

# ------------------------------------------------------------------ out

@external
@nonreentrant
def claim(
    account: address,
    withdrawable: uint256,
    entitled: uint256,
    deposited: uint256,
    proof: DynArray[bytes32, MAX_PROOF],
) -> uint256:
    """
    @notice Pays an account, whoever calls, what it asked to withdraw less what it got. Under a cap it pays what the epoch
            has left, and the rest waits for the next epoch.
    @return wei paid
    """
    self._check_leaf(account, withdrawable, entitled, deposited, proof)
    paid: uint256 = self.paid[account]
    assert withdrawable > paid, "nothing to claim"
    epoch: uint256 = roots._final_epoch()
    amount: uint256 = self._take_room(epoch, withdrawable - paid)
    log Claimed(account=account, epoch=epoch, amount=amount, total=paid + amount)
    self._pay(account, amount, paid + amount)
    return amount


@external
@nonreentrant
def exit(
    account: address,
    withdrawable: uint256,
    entitled: uint256,
    deposited: uint256,
    proof: DynArray[bytes32, MAX_PROOF],
) -> uint256:
    """
    @notice Where no root became final for `EXIT_DELAY`: pays an account, whoever calls, all that is its own by the last
            final root, and its deposits that are not counted there. The first exit ends roots and deposits for ever.
    @return wei paid
    """
    roots._end()
    self._check_leaf(account, withdrawable, entitled, deposited, proof)
    total: uint256 = self.deposits[account] & AMOUNT_MASK
    return self._exit(account, entitled + total - min(total, deposited))


@external
@nonreentrant
def exit_uncounted(account: address) -> uint256:
    """
    @notice The exit of an account whose first deposit came after the block to which the last final root counts: gives its
            deposits back. No leaf counts any of them, so none is asked for.
    @dev The account may stand in that root all the same, with nothing deposited, as the treasury does. Then `exit` owes it
         `entitled` and these deposits, and the two together pay just that, in either order.
    @return wei paid
    """
    roots._end()
    packed: uint256 = self.deposits[account]
    assert packed != 0, "never deposited"
    assert packed >> AMOUNT_BITS > roots._final_counted_to(), "the final root counts its deposits"
    return self._exit(account, packed & AMOUNT_MASK)


@internal
@view
def _check_leaf(
    account: address,
    withdrawable: uint256,
    entitled: uint256,
    deposited: uint256,
    proof: DynArray[bytes32, MAX_PROOF],
):
    leaf: bytes32 = keccak256(keccak256(abi_encode(account, withdrawable, entitled, deposited)))
    assert merkle._root_of(leaf, proof) == roots._final_hash(), "not in the final root"


@internal
def _exit(account: address, owed: uint256) -> uint256:
    paid: uint256 = self.paid[account]
    assert owed > paid, "nothing to exit with"
    log Exited(account=account, amount=owed - paid, total=owed)
    self._pay(account, owed - paid, owed)
    return owed - paid


@internal
def _pay(account: address, amount: uint256, paid: uint256):
    """
    @dev The receiver is called last, with everything written down, so that it can gain nothing by what it does then.
    """
    total_deposited: uint256 = self.totals & AMOUNT_MASK
    total_paid: uint256 = (self.totals >> AMOUNT_BITS) + amount
    # Holds also where somebody forced ETH upon the contract and a false root gives it away.
    assert total_paid <= total_deposited, "more than was deposited"
    self.totals = total_paid << AMOUNT_BITS | total_deposited
    self.paid[account] = paid
    assert raw_call(account, b"", value=amount, revert_on_failure=False), "the account refused the ETH"


@internal
@view
def _room(epoch: uint256) -> uint256:
    """
    @dev What claims can still take out in this epoch.
    """
    if OUTFLOW_CAP == 0:
        return AMOUNT_MASK
    outflow: uint256 = self.outflow
    if outflow >> AMOUNT_BITS != epoch:
        return OUTFLOW_CAP
    return OUTFLOW_CAP - (outflow & AMOUNT_MASK)


@internal
def _take_room(epoch: uint256, wanted: uint256) -> uint256:
    """
    @return `wanted`, or as much of it as the epoch has left
    """
    if OUTFLOW_CAP == 0:
        return wanted
    room: uint256 = self._room(epoch)
    assert room > 0, "the epoch's outflow is used up"
    amount: uint256 = min(wanted, room)
    self.outflow = epoch << AMOUNT_BITS | (OUTFLOW_CAP - room + amount)
    return amount

# ------------------------------------------------------------------ what it is

@external
@view
def deposited(account: address) -> uint256:
    """
    @return wei ever deposited for the account
    """
    return self.deposits[account] & AMOUNT_MASK


@external
@view
def first_deposit_block(account: address) -> uint256:
    """
    @return the block of the account's first deposit, 0 where it has none
    """
    return self.deposits[account] >> AMOUNT_BITS


@external
@view
def total_deposited() -> uint256:
    return self.totals & AMOUNT_MASK


@external
@view
def total_paid() -> uint256:
    return self.totals >> AMOUNT_BITS


@external
@view
def left_in_epoch() -> uint256:
    """
    @return wei that claims can still take out in this epoch; 2^128 - 1 where there is no cap
    """
    return self._room(roots._final_epoch())
