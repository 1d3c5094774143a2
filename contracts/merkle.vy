# pragma version 0.4.3
# pragma evm-version cancun
"""
@title Merkle proofs
@license MIT
@notice PROTOCOL 7: a leaf is hashed twice, so that no pair passes for one; pairs are hashed in sorted order.
"""

MAX_PROOF: constant(uint256) = 64

@internal
@pure
def _root_of(leaf: bytes32, proof: DynArray[bytes32, MAX_PROOF]) -> bytes32:
    """
    @param leaf keccak256(keccak256(abi.encode(fields)))
    @param proof the siblings from the leaf up
    """
    node: bytes32 = leaf
    for sibling: bytes32 in proof:
        if convert(node, uint256) < convert(sibling, uint256):
            node = keccak256(concat(node, sibling))
        else:
            node = keccak256(concat(sibling, node))
    return node
