# pragma version 0.4.3
# pragma evm-version cancun
"""
@title Who signs
@license MIT
@notice The attestors, the guardians and the owner of a contract, and the check of their signatures (PROTOCOL 7 and 8).
        The attestors can be changed: the owner proposes a set, it waits, the guardians may veto it. The guardians stay.
@dev A module: the contract that uses it is the verifying contract of the EIP-712 domain.
"""
from contracts import ownership

initializes: ownership
exports: ownership.__interface__

# ------------------------------------------------------------------ events

event SetProposed:
    nonce: indexed(uint256)
    attestors: DynArray[address, MAX_SIGNERS]
    threshold: uint256
    applies_from: uint256

event SetVetoed:
    nonce: indexed(uint256)

event SetApplied:
    nonce: indexed(uint256)
    attestors: DynArray[address, MAX_SIGNERS]
    threshold: uint256

# ------------------------------------------------------------------ constants

MAX_SIGNERS: public(constant(uint256)) = 32
MAX_SET_DELAY: public(constant(uint256)) = 365 * 86400

DOMAIN_TYPE: constant(bytes32) = keccak256(
    "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
)
VETO_TYPE: constant(bytes32) = keccak256("VetoSet(uint256 nonce)")

NAME_HASH: constant(bytes32) = keccak256("Assize")
VERSION_HASH: constant(bytes32) = keccak256("1")

# Half of the order of secp256k1: a signature with a larger s has a twin that is valid as well, so it is refused.
MAX_S: constant(uint256) = 57896044618658097711785492504343953926418782139537452191302581570759080747168

# Signers stand in numbered sets. The guardians are set 0; attestor sets are numbered by the nonce of their proposal.
GUARDIANS: constant(uint256) = 0

SET_DELAY: public(immutable(uint256))
GUARDIAN_THRESHOLD: public(immutable(uint256))

# ------------------------------------------------------------------ storage

is_member: HashMap[uint256, HashMap[address, bool]]
attestor_set: public(uint256)
attestor_threshold: public(uint256)
attestors: DynArray[address, MAX_SIGNERS]
guardians: DynArray[address, MAX_SIGNERS]

set_nonce: public(uint256)
proposed_attestors: DynArray[address, MAX_SIGNERS]
proposed_threshold: uint256
applies_from: uint256       # unix seconds, 0 where nothing is proposed

# ------------------------------------------------------------------ constructor

@deploy
def __init__(
    owner: address,
    attestors: DynArray[address, MAX_SIGNERS],
    attestor_threshold: uint256,
    guardians: DynArray[address, MAX_SIGNERS],
    guardian_threshold: uint256,
    set_delay: uint256,
):
    assert set_delay <= MAX_SET_DELAY, "set_delay above a year"
    self._check_set(attestors, attestor_threshold)
    self._check_set(guardians, guardian_threshold)
    ownership.__init__(owner)
    SET_DELAY = set_delay
    GUARDIAN_THRESHOLD = guardian_threshold
    self.guardians = guardians
    for guardian: address in guardians:
        self.is_member[GUARDIANS][guardian] = True
    self.set_nonce = 1
    self._use_set(1, attestors, attestor_threshold)

# ------------------------------------------------------------------ signatures

@external
@view
def domain_separator() -> bytes32:
    return self._domain_separator()


@internal
@view
def _domain_separator() -> bytes32:
    # Not stored: after a fork of the chain, signatures for the one half are worth nothing on the other.
    return keccak256(abi_encode(DOMAIN_TYPE, NAME_HASH, VERSION_HASH, chain.id, self))


@external
@view
def check_attestors(struct_hash: bytes32, signatures: DynArray[Bytes[65], MAX_SIGNERS]) -> bool:
    """
    @notice True where k attestors signed this EIP-712 struct in this contract's domain; else it reverts and says why.
            For contracts that rest on the same attestors: one change of the set serves all of them.
    """
    self._check_attestors(struct_hash, signatures)
    return True


@external
@view
def check_guardians(struct_hash: bytes32, signatures: DynArray[Bytes[65], MAX_SIGNERS]) -> bool:
    """
    @notice True where k guardians signed this EIP-712 struct in this contract's domain; else it reverts and says why.
    """
    self._check_guardians(struct_hash, signatures)
    return True


@internal
@view
def _check_attestors(struct_hash: bytes32, signatures: DynArray[Bytes[65], MAX_SIGNERS]):
    self._check_signatures(self.attestor_set, self.attestor_threshold, struct_hash, signatures)


@internal
@view
def _check_guardians(struct_hash: bytes32, signatures: DynArray[Bytes[65], MAX_SIGNERS]):
    self._check_signatures(GUARDIANS, GUARDIAN_THRESHOLD, struct_hash, signatures)


@internal
@view
def _check_signatures(
    set_number: uint256,
    threshold: uint256,
    struct_hash: bytes32,
    signatures: DynArray[Bytes[65], MAX_SIGNERS],
):
    """
    @dev Every signature must be canonical and a member's; signers ascend, so that nobody counts twice.
    """
    assert len(signatures) >= threshold, "too few signatures"
    digest: bytes32 = keccak256(concat(x"1901", self._domain_separator(), struct_hash))
    previous: uint256 = 0
    for signature: Bytes[65] in signatures:
        assert len(signature) == 65, "signature is not 65 bytes"
        s: uint256 = extract32(signature, 32, output_type=uint256)
        assert s <= MAX_S, "signature with a high s"
        # The byte at 64, read as the lowest of the 32 that end there.
        v: uint256 = extract32(signature, 33, output_type=uint256) & 255
        assert v == 27 or v == 28, "signature with a v but 27 or 28"
        signer: address = ecrecover(digest, v, extract32(signature, 0, output_type=uint256), s)
        assert signer != empty(address), "signature of nobody"
        number: uint256 = convert(signer, uint256)
        assert number > previous, "signers do not ascend"
        assert self.is_member[set_number][signer], "signer is not in the set"
        previous = number

# ------------------------------------------------------------------ the attestor set

@external
def propose_set(attestors: DynArray[address, MAX_SIGNERS], threshold: uint256) -> uint256:
    """
    @notice The owner proposes the next attestor set; it takes the place of one proposed before, and waits anew.
    @return the nonce of the proposal, which guardians name to veto it
    """
    ownership._check_owner()
    self._check_set(attestors, threshold)
    nonce: uint256 = self.set_nonce + 1
    applies_from: uint256 = block.timestamp + SET_DELAY
    self.set_nonce = nonce
    self.proposed_attestors = attestors
    self.proposed_threshold = threshold
    self.applies_from = applies_from
    log SetProposed(nonce=nonce, attestors=attestors, threshold=threshold, applies_from=applies_from)
    return nonce


@external
def veto_set(nonce: uint256, signatures: DynArray[Bytes[65], MAX_SIGNERS]):
    """
    @notice Guardians, k of n, drop the proposed set, until it is applied.
    """
    assert self.applies_from != 0, "nothing is proposed"
    assert nonce == self.set_nonce, "not the running proposal"
    struct_hash: bytes32 = keccak256(abi_encode(VETO_TYPE, nonce))
    self._check_guardians(struct_hash, signatures)
    self._clear_proposal()
    log SetVetoed(nonce=nonce)


@external
def apply_set(nonce: uint256):
    """
    @notice Anyone puts the proposed set to work once it has waited. Signatures of the old one count no more.
    @param nonce the proposal that the caller has looked at: a newer one is not applied by mistake
    """
    assert self.applies_from != 0, "nothing is proposed"
    assert nonce == self.set_nonce, "not the running proposal"
    assert block.timestamp >= self.applies_from, "the proposal still waits"
    attestors: DynArray[address, MAX_SIGNERS] = self.proposed_attestors
    threshold: uint256 = self.proposed_threshold
    self._clear_proposal()
    self._use_set(nonce, attestors, threshold)


@external
@view
def get_attestors() -> DynArray[address, MAX_SIGNERS]:
    return self.attestors


@external
@view
def get_guardians() -> DynArray[address, MAX_SIGNERS]:
    return self.guardians


@external
@view
def get_proposal() -> (uint256, DynArray[address, MAX_SIGNERS], uint256, uint256):
    """
    @return nonce, attestors, threshold and the time from which it can be applied (0: nothing is proposed)
    """
    return self.set_nonce, self.proposed_attestors, self.proposed_threshold, self.applies_from


@internal
@pure
def _check_set(members: DynArray[address, MAX_SIGNERS], threshold: uint256):
    assert threshold > 0, "threshold is zero"
    assert threshold <= len(members), "threshold above the members"
    previous: uint256 = 0
    for member: address in members:
        number: uint256 = convert(member, uint256)
        assert number > previous, "members do not ascend"
        previous = number


@internal
def _use_set(nonce: uint256, attestors: DynArray[address, MAX_SIGNERS], threshold: uint256):
    self.attestor_set = nonce
    self.attestor_threshold = threshold
    self.attestors = attestors
    for attestor: address in attestors:
        self.is_member[nonce][attestor] = True
    log SetApplied(nonce=nonce, attestors=attestors, threshold=threshold)


@internal
def _clear_proposal():
    self.proposed_attestors = []
    self.proposed_threshold = 0
    self.applies_from = 0
