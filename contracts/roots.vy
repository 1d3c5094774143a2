# pragma version 0.4.3
# pragma evm-version cancun
"""
@title Attested roots
@license MIT
@notice The roots that attestors sign, k of n, and guardians can cancel for `DELAY` seconds; what pauses them, and what ends
        them. PROTOCOL sections 7 and 8.
@dev A module of the escrow. Signatures are checked by the price oracle, in its EIP-712 domain: one change of the
     attestor set serves both.
     At most one root waits at a time. When its delay is over it is the final one by the clock alone, where it stands; the
     next post moves it to the other place. `facts` are epoch (64), counted_to (64), final_at (64), from the lowest bit up.
"""
from contracts import ownership

uses: ownership

# ------------------------------------------------------------------ types

interface PriceOracle:
    def check_attestors(struct_hash: bytes32, signatures: DynArray[Bytes[65], MAX_SIGNERS]) -> bool: view
    def check_guardians(struct_hash: bytes32, signatures: DynArray[Bytes[65], MAX_SIGNERS]) -> bool: view

struct Root:
    epoch: uint256          # its number; a cancelled root uses its number up
    root: bytes32
    counted_to: uint256     # `block` of the signed Root: its leaves count exactly the deposits up to this block
    final_at: uint256       # unix seconds, 0 where there is none

flag Status:
    OPEN
    PAUSED                  # no deposits, no roots; claims and exit go on
    ENDED                   # by the first exit: no deposits and no roots for ever

# ------------------------------------------------------------------ events

event RootPosted:
    epoch: indexed(uint256)
    root: bytes32
    counted_to: uint256
    final_at: uint256

event RootCancelled:
    epoch: indexed(uint256)

event RootsEnded:
    epoch: indexed(uint256)  # of the root that stays the last

event PauseSet:
    paused: bool

# ------------------------------------------------------------------ constants

MAX_SIGNERS: constant(uint256) = 32
MAX_EXIT_DELAY: public(constant(uint256)) = 365 * 86400

ROOT_TYPE: constant(bytes32) = keccak256("Root(uint256 epoch,bytes32 root,uint256 block)")
CANCEL_ROOT_TYPE: constant(bytes32) = keccak256("CancelRoot(uint256 epoch)")

# Stands where no root was posted yet. Nobody knows a leaf that leads to it.
NO_ROOT: constant(bytes32) = keccak256("Assize: no root yet")

# The two places a root can stand in.
FINAL: constant(uint256) = 0
WAITING: constant(uint256) = 1

NUMBER_BITS: constant(uint256) = 64
NUMBER_MASK: constant(uint256) = 2 ** 64 - 1

ORACLE: public(immutable(address))
DELAY: public(immutable(uint256))
EXIT_DELAY: public(immutable(uint256))

# ------------------------------------------------------------------ storage

status: Status
hashes: bytes32[2]      # by place
facts: uint256[2]       # by place

# ------------------------------------------------------------------ constructor

@deploy
def __init__(oracle: address, delay: uint256, exit_delay: uint256, first_epoch: uint256):
    assert oracle.is_contract, "oracle is no contract"
    assert delay > 0, "delay is zero"
    assert exit_delay > delay, "exit_delay must exceed delay"
    assert exit_delay <= MAX_EXIT_DELAY, "exit_delay above a year"
    assert first_epoch > 0, "first_epoch is zero"
    assert first_epoch < 2 ** 63, "first_epoch above 2^63 - 1"
    ORACLE = oracle
    DELAY = delay
    EXIT_DELAY = exit_delay
    self.status = Status.OPEN
    # The exit's clock starts now. Both places are filled here, so that the second root costs no more than later ones.
    self.hashes = [NO_ROOT, NO_ROOT]
    self.facts = [self._pack(first_epoch - 1, 0, block.timestamp), self._pack(first_epoch - 1, 0, 0)]

# ------------------------------------------------------------------ post, cancel, pause, end

@external
def post_root(
    epoch: uint256, root: bytes32, counted_to: uint256, signatures: DynArray[Bytes[65], MAX_SIGNERS]
):
    """
    @notice Anyone posts the next root with k attestors' signatures over exactly it. One waits at a time, so that a stream
            of roots cannot keep every one of them from becoming final.
    @param epoch the number after the last one used
    @param root the Merkle root over (account, withdrawable, entitled, deposited); 32 zero bytes over no accounts
    @param counted_to `block` of the signed Root: past, and never before that of the final root
    """
    self._check_open()
    last: uint256 = self.facts[WAITING]
    latest: uint256 = self._latest()
    assert epoch == self._epoch(last) + 1, "not the next epoch"
    assert latest == WAITING or self._final_at(last) == 0, "a root is waiting"
    assert counted_to < block.number, "counted_to is not past"
    assert counted_to >= self._final_counted_to(), "counted_to goes back"
    struct_hash: bytes32 = keccak256(abi_encode(ROOT_TYPE, epoch, root, counted_to))
    assert staticcall PriceOracle(ORACLE).check_attestors(struct_hash, signatures)

    if latest == WAITING:
        self.hashes[FINAL] = self.hashes[WAITING]
        self.facts[FINAL] = last
    final_at: uint256 = block.timestamp + DELAY
    self.hashes[WAITING] = root
    self.facts[WAITING] = self._pack(epoch, counted_to, final_at)
    log RootPosted(epoch=epoch, root=root, counted_to=counted_to, final_at=final_at)


@external
def cancel_root(epoch: uint256, signatures: DynArray[Bytes[65], MAX_SIGNERS]):
    """
    @notice Guardians, k of n, take back a root that is not final yet. Its epoch is used up: the next root takes the next
            number, so that the old signatures are void.
    """
    facts: uint256 = self.facts[WAITING]
    assert self._final_at(facts) != 0, "no root to cancel"
    assert self._epoch(facts) == epoch, "not the waiting epoch"
    assert block.timestamp < self._final_at(facts), "the root is final"
    struct_hash: bytes32 = keccak256(abi_encode(CANCEL_ROOT_TYPE, epoch))
    assert staticcall PriceOracle(ORACLE).check_guardians(struct_hash, signatures)
    self._drop_waiting()
    log RootCancelled(epoch=epoch)


@external
def set_paused(paused: bool):
    """
    @notice The owner stops deposits and new roots, or lets them in again. Claims and exit never stop, nor does the clock of
            the exit; what waits can become final.
    """
    ownership._check_owner()
    assert self.status != Status.ENDED, "the roots have ended"
    self.status = Status.PAUSED if paused else Status.OPEN
    log PauseSet(paused=paused)


@internal
def _end():
    """
    @dev Called by every exit: the first one ends the roots, and freezes the final one.
    """
    if self.status == Status.ENDED:
        return
    latest: uint256 = self._latest()
    assert block.timestamp >= self._final_at(self.facts[latest]) + EXIT_DELAY, "the exit is not open"
    if latest == FINAL:
        # Else what waits would become final in the middle of the exit.
        self._drop_waiting()
    self.status = Status.ENDED
    log RootsEnded(epoch=self._epoch(self.facts[latest]))

# ------------------------------------------------------------------ what they say

@external
@view
def final_root() -> Root:
    """
    @notice The root that claims are proven against. Before there is any, `final_at` is when the escrow was deployed.
    """
    return self._root(self._latest())


@external
@view
def waiting_root() -> Root:
    """
    @notice The root that can still be cancelled; zeros where none waits.
    """
    if self._final_at(self.facts[WAITING]) == 0 or self._latest() == WAITING:
        return empty(Root)
    return self._root(WAITING)


@external
@view
def next_epoch() -> uint256:
    return self._epoch(self.facts[WAITING]) + 1


@external
@view
def exit_opens_at() -> uint256:
    """
    @return unix seconds from which the exit is open, unless another root becomes final before
    """
    return self._final_at(self.facts[self._latest()]) + EXIT_DELAY


@external
@view
def paused() -> bool:
    return self.status == Status.PAUSED


@external
@view
def ended() -> bool:
    return self.status == Status.ENDED

# ------------------------------------------------------------------ for the escrow

@internal
@view
def _check_open():
    assert self.status != Status.PAUSED, "paused"
    assert self.status != Status.ENDED, "the roots have ended"


@internal
@view
def _final_hash() -> bytes32:
    return self.hashes[self._latest()]


@internal
@view
def _final_epoch() -> uint256:
    return self._epoch(self.facts[self._latest()])


@internal
@view
def _final_counted_to() -> uint256:
    return self._counted_to(self.facts[self._latest()])

# ------------------------------------------------------------------ places and facts

@internal
@view
def _latest() -> uint256:
    """
    @return the place of the final root
    """
    final_at: uint256 = self._final_at(self.facts[WAITING])
    if final_at != 0 and block.timestamp >= final_at:
        return WAITING
    return FINAL


@internal
def _drop_waiting():
    # The epoch stays: it tells the next number.
    self.facts[WAITING] = self._pack(self._epoch(self.facts[WAITING]), 0, 0)


@internal
@view
def _root(place: uint256) -> Root:
    facts: uint256 = self.facts[place]
    return Root(
        epoch=self._epoch(facts),
        root=self.hashes[place],
        counted_to=self._counted_to(facts),
        final_at=self._final_at(facts),
    )


@internal
@pure
def _pack(epoch: uint256, counted_to: uint256, final_at: uint256) -> uint256:
    return final_at << 2 * NUMBER_BITS | counted_to << NUMBER_BITS | epoch


@internal
@pure
def _epoch(facts: uint256) -> uint256:
    return facts & NUMBER_MASK


@internal
@pure
def _counted_to(facts: uint256) -> uint256:
    return facts >> NUMBER_BITS & NUMBER_MASK


@internal
@pure
def _final_at(facts: uint256) -> uint256:
    return facts >> 2 * NUMBER_BITS
