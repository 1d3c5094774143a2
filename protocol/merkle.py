"""Merkle roots of payouts, electorates and withdrawals (PROTOCOL 7).

The law gives leaves (hashed twice, so that no inner node passes for one), sorted leaves and pairs hashed in
sorted order. The shape is that of OpenZeppelin's StandardMerkleTree, so that its verifiers, on-chain and in
JavaScript, read our proofs:

    a complete binary tree of 2n - 1 nodes in one list, the root at 0, the children of i at 2i + 1 and 2i + 2;
    the leaves fill its end, the smallest last. Nothing is promoted or doubled: inner nodes have two children.

    the root of no leaves is 32 zero bytes, of one leaf the leaf itself.
"""

from collections.abc import Iterable, Mapping, Sequence

from protocol.hashing import abi_word, address_word, bytes32_word, keccak, to_hex, uint256_word

EMPTY_ROOT = "0x" + "00" * 32


def leaf(types: Sequence[str], values: Sequence[object]) -> str:
    """keccak256(keccak256(abi.encode(values))), a bytes32 string (PROTOCOL 7).

    The types are address, uint256 and bytes32. ValueError for another type, a value not in canonical form, or
    not one value for each type.
    """
    if len(types) != len(values):
        raise ValueError(f"{len(values)} values for {len(types)} types")
    return _leaf(abi_word(type_, value) for type_, value in zip(types, values, strict=True))


class Tree:
    """The tree over some leaves (bytes32 strings, in any order), built once for many proofs."""

    def __init__(self, leaves: Iterable[str]) -> None:
        ordered = sorted(bytes32_word(each) for each in leaves)
        inner = max(len(ordered) - 1, 0)
        nodes = [b""] * inner + ordered[::-1]
        for i in range(inner - 1, -1, -1):
            nodes[i] = _pair(nodes[2 * i + 1], nodes[2 * i + 2])
        self._nodes = nodes
        self._places = {node: i for i, node in enumerate(nodes[inner:], inner)}

    @property
    def root(self) -> str:
        """The root, a bytes32 string; EMPTY_ROOT of no leaves."""
        return to_hex(self._nodes[0]) if self._nodes else EMPTY_ROOT

    def proof(self, leaf: str) -> list[str]:
        """The siblings from a leaf up to the root, bytes32 strings; ValueError for a leaf not in the tree."""
        place = self._places.get(bytes32_word(leaf))
        if place is None:
            raise ValueError(f"{leaf} is no leaf of this tree")
        siblings = []
        while place > 0:
            siblings.append(to_hex(self._nodes[place + 1 if place % 2 else place - 1]))
            place = (place - 1) // 2
        return siblings


def root(leaves: Iterable[str]) -> str:
    """The root over leaves (bytes32 strings) in any order; EMPTY_ROOT of none (PROTOCOL 7)."""
    return Tree(leaves).root


def proof(leaves: Iterable[str], leaf: str) -> list[str]:
    """One leaf's proof. Whoever needs many builds one Tree, since this builds it each time."""
    return Tree(leaves).proof(leaf)


def verify(root: str, leaf: str, proof: Sequence[str]) -> bool:
    """Whether `proof` leads from `leaf` to `root`; ValueError where one of them is no bytes32."""
    node = bytes32_word(leaf)
    for sibling in proof:
        node = _pair(node, bytes32_word(sibling))
    return node == bytes32_word(root)


def payouts_root(payouts: Mapping[str, int]) -> str:
    """The root over (address, uint256 amount in wei) of payouts, those of 0 wei included (PROTOCOL 7, 10)."""
    return _accounts_root(payouts)


def electorate_root(electorate: Mapping[str, int]) -> str:
    """The root over (address, uint256 stake in wei) of an electorate (PROTOCOL 7).

    ValueError for a stake of 0: an account without stake is no member, and would change the root.
    """
    if 0 in electorate.values():
        raise ValueError("an account without stake is no member of an electorate; leave it out")
    return _accounts_root(electorate)


def _accounts_root(amounts: Mapping[str, int]) -> str:
    return root(_leaf((address_word(account), uint256_word(amount))) for account, amount in amounts.items())


def _leaf(words: Iterable[bytes]) -> str:
    return to_hex(keccak(keccak(b"".join(words))))


def _pair(a: bytes, b: bytes) -> bytes:
    return keccak(a + b if a < b else b + a)
