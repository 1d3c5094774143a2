# pragma version 0.4.3
# pragma evm-version cancun
"""
@title The price oracle
@license MIT
@notice Keeps one price per expiry. Attestors sign it, k of n; after `DELAY` seconds in which the guardians may cancel
        it, it is final for ever and every series on the expiry can read it. PROTOCOL sections 7 and 8.
@dev One price is one slot: price (120 bits), set_at (40), attempt (32), content (64), from the lowest bit up.
     `content` is the first 8 bytes of the item's EIP-712 hash. It only tells a repeated item from another one: two
     contents that collide would make a submit skip, never write.
"""
from contracts import signers

initializes: signers
exports: signers.__interface__

# ------------------------------------------------------------------ types

struct Attestation:
    expiry: bytes32
    attempt: uint256
    price: uint256          # 18 decimals, in (0, 2^120)
    transcript: bytes32
    payouts: bytes32

struct Record:
    price: uint256          # 0 where none is set
    set_at: uint256         # unix seconds, 0 where none is set
    final_at: uint256       # unix seconds, 0 where none is set
    attempt: uint256        # the running attempt
    is_final: bool

# ------------------------------------------------------------------ events

event Priced:
    expiry: indexed(bytes32)
    attempt: uint256
    price: uint256
    transcript: bytes32
    payouts: bytes32
    final_at: uint256

event Cancelled:
    expiry: indexed(bytes32)
    attempt: uint256

# ------------------------------------------------------------------ constants

MAX_ITEMS: public(constant(uint256)) = 100

ATTESTATION_TYPE: constant(bytes32) = keccak256(
    "Attestation(bytes32 expiry,uint256 attempt,uint256 price,bytes32 transcript,bytes32 payouts)"
)
ATTESTATIONS_TYPE: constant(bytes32) = keccak256(
    "Attestations(Attestation[] items)Attestation(bytes32 expiry,uint256 attempt,uint256 price,bytes32 transcript,bytes32 payouts)"
)
CANCEL_TYPE: constant(bytes32) = keccak256("Cancel(bytes32 expiry,uint256 attempt)")

PRICE_BITS: constant(uint256) = 120
ATTEMPT_SHIFT: constant(uint256) = 160
CONTENT_SHIFT: constant(uint256) = 192
PRICE_MASK: constant(uint256) = 2 ** 120 - 1
TIME_MASK: constant(uint256) = 2 ** 40 - 1
ATTEMPT_MASK: constant(uint256) = 2 ** 32 - 1

DELAY: public(immutable(uint256))

# ------------------------------------------------------------------ storage

packed: HashMap[bytes32, uint256]

# ------------------------------------------------------------------ constructor

@deploy
def __init__(
    owner: address,
    attestors: DynArray[address, signers.MAX_SIGNERS],
    attestor_threshold: uint256,
    guardians: DynArray[address, signers.MAX_SIGNERS],
    guardian_threshold: uint256,
    delay: uint256,
    set_delay: uint256,
):
    """
    @param owner who proposes changes of the attestor set
    @param attestors distinct addresses in ascending order
    @param attestor_threshold how many of them must sign a submit, 1 to all
    @param guardians distinct addresses in ascending order, fixed for ever
    @param guardian_threshold how many of them must sign a cancel or a veto, 1 to all
    @param delay seconds between a submit and finality, > 0
    @param set_delay seconds that a new attestor set waits: > delay, at most a year
    """
    assert delay > 0, "delay is zero"
    assert set_delay > delay, "set_delay must exceed delay"
    signers.__init__(owner, attestors, attestor_threshold, guardians, guardian_threshold, set_delay)
    DELAY = delay

# ------------------------------------------------------------------ prices

@external
def submit(items: DynArray[Attestation, MAX_ITEMS], signatures: DynArray[Bytes[65], signers.MAX_SIGNERS]):
    """
    @notice Sets the prices of many expiries. Anyone may call it with k attestors' signatures over exactly these items.
    @dev An item that is set already with the same content is skipped, so that a batch survives somebody else's submit
         of a part of it. Anything else that is wrong reverts the whole batch.
    """
    assert len(items) > 0, "no items"
    hashes: DynArray[bytes32, MAX_ITEMS] = []
    for item: Attestation in items:
        hashes.append(keccak256(abi_encode(ATTESTATION_TYPE, item)))
    # EIP-712 hashes an array without its length: what abi_encode puts in front (offset, length) is cut off.
    array_hash: bytes32 = keccak256(slice(abi_encode(hashes), 64, 32 * len(hashes)))
    struct_hash: bytes32 = keccak256(abi_encode(ATTESTATIONS_TYPE, array_hash))
    signers._check_attestors(struct_hash, signatures)

    i: uint256 = 0
    for item: Attestation in items:
        content: uint256 = convert(hashes[i], uint256) >> CONTENT_SHIFT
        i += 1
        self._set_price(item, content)


@external
def cancel(expiry: bytes32, attempt: uint256, signatures: DynArray[Bytes[65], signers.MAX_SIGNERS]):
    """
    @notice Guardians, k of n, take back a price that is not final yet. The expiry's attempt rises by one, so that
            the old attestations are void; another price needs new ones.
    """
    packed: uint256 = self.packed[expiry]
    assert packed & PRICE_MASK != 0, "no price to cancel"
    assert packed >> ATTEMPT_SHIFT & ATTEMPT_MASK == attempt, "not the running attempt"
    assert block.timestamp < self._final_at(packed), "the price is final"
    assert attempt < ATTEMPT_MASK, "attempts used up"
    struct_hash: bytes32 = keccak256(abi_encode(CANCEL_TYPE, expiry, attempt))
    signers._check_guardians(struct_hash, signatures)
    self.packed[expiry] = (attempt + 1) << ATTEMPT_SHIFT
    log Cancelled(expiry=expiry, attempt=attempt)


@external
@view
def price_of(expiry: bytes32) -> uint256:
    """
    @notice The final price of an expiry, 18 decimals. Reverts while there is none.
    """
    packed: uint256 = self.packed[expiry]
    assert self._is_final(packed), "no final price"
    return packed & PRICE_MASK


@external
@view
def try_price_of(expiry: bytes32) -> (bool, uint256):
    """
    @notice (True, final price), or (False, 0) while there is none.
    """
    packed: uint256 = self.packed[expiry]
    if not self._is_final(packed):
        return False, 0
    return True, packed & PRICE_MASK


@external
@view
def record_of(expiry: bytes32) -> Record:
    """
    @notice All that is kept about an expiry, also while its price can still be cancelled.
    """
    packed: uint256 = self.packed[expiry]
    final_at: uint256 = 0
    if packed & PRICE_MASK != 0:
        final_at = self._final_at(packed)
    return Record(
        price=packed & PRICE_MASK,
        set_at=packed >> PRICE_BITS & TIME_MASK,
        final_at=final_at,
        attempt=packed >> ATTEMPT_SHIFT & ATTEMPT_MASK,
        is_final=self._is_final(packed),
    )


@internal
def _set_price(item: Attestation, content: uint256):
    packed: uint256 = self.packed[item.expiry]
    assert packed >> ATTEMPT_SHIFT & ATTEMPT_MASK == item.attempt, "not the running attempt"
    if packed & PRICE_MASK != 0:
        assert packed >> CONTENT_SHIFT == content, "set already, otherwise"
        return
    assert item.price > 0, "price is zero"
    assert item.price <= PRICE_MASK, "price above 2^120 - 1"
    self.packed[item.expiry] = (
        content << CONTENT_SHIFT | item.attempt << ATTEMPT_SHIFT | block.timestamp << PRICE_BITS | item.price
    )
    log Priced(
        expiry=item.expiry,
        attempt=item.attempt,
        price=item.price,
        transcript=item.transcript,
        payouts=item.payouts,
        final_at=block.timestamp + DELAY,
    )


@internal
@view
def _final_at(packed: uint256) -> uint256:
    return (packed >> PRICE_BITS & TIME_MASK) + DELAY


@internal
@view
def _is_final(packed: uint256) -> bool:
    return packed & PRICE_MASK != 0 and block.timestamp >= self._final_at(packed)
