"""Roots and proofs, against a plain recursive reading of the tree and roots that are known from elsewhere."""

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st

from protocol.merkle import EMPTY_ROOT, Tree, electorate_root, leaf, payouts_root, proof, root, verify

raw_leaves = st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=40, unique=True)


def hexed(raw: bytes) -> str:
    return "0x" + raw.hex()


def plain_root(leaves: list[bytes]) -> bytes:
    """The node at `i` of a complete binary tree whose last places hold the leaves, the smallest last."""
    falling, inner = sorted(leaves, reverse=True), len(leaves) - 1

    def node(i: int) -> bytes:
        return (
            falling[i - inner] if i >= inner else keccak(b"".join(sorted([node(2 * i + 1), node(2 * i + 2)])))
        )

    return node(0)


def test_leaf__address_and_amount__is_hashed_twice() -> None:
    account = "0x" + "a1" * 20
    assert leaf(["address", "uint256"], [account, 7]) == hexed(
        keccak(keccak(encode(["address", "uint256"], [account, 7])))
    )


@pytest.mark.parametrize(
    ("types", "values"),
    [
        (["address"], ["0x" + "A1" * 20]),
        (["uint256"], [-1]),
        (["uint256"], [True]),
        (["string"], ["a"]),
        (["uint256"], [1, 2]),
    ],
)
def test_leaf__not_canonical__is_refused(types: list[str], values: list[object]) -> None:
    with pytest.raises(ValueError):
        leaf(types, values)


def test_payouts_root__two_accounts__is_the_root_in_openzeppelins_readme() -> None:
    payouts = {"0x" + "11" * 20: 5 * 10**18, "0x" + "22" * 20: 25 * 10**17}
    assert payouts_root(payouts) == "0xd4dee0beab2d53f2cc83e567171bd2820e49898130a22622b10ead383e90bd77"


@given(raw_leaves, st.randoms())
def test_root__any_leaves_in_any_order__is_the_plain_reading(leaves: list[bytes], random: object) -> None:
    expected = hexed(plain_root(leaves))
    random.shuffle(leaves)  # type: ignore[attr-defined]
    assert root(map(hexed, leaves)) == expected


def test_root__no_leaves__is_zero_and_proves_nothing() -> None:
    assert root([]) == payouts_root({}) == electorate_root({}) == EMPTY_ROOT == "0x" + "00" * 32
    with pytest.raises(ValueError, match="no leaf"):
        proof([], "0x" + "00" * 32)


@given(raw_leaves)
def test_proof__every_leaf__verifies_and_only_for_its_root(leaves: list[bytes]) -> None:
    tree = Tree(map(hexed, leaves))
    for each in map(hexed, leaves):
        path = tree.proof(each)
        assert verify(tree.root, each, path)
        assert not verify(hexed(keccak(b"another root")), each, path)
        assert not verify(tree.root, hexed(keccak(b"another leaf")), path)
        assert not any(verify(tree.root, each, path[:i] + path[i + 1 :]) for i in range(len(path)))


def test_proof__foreign_leaf__is_refused() -> None:
    with pytest.raises(ValueError, match="no leaf of this tree"):
        proof([hexed(keccak(b"a")), hexed(keccak(b"b"))], hexed(keccak(b"c")))


@given(
    st.dictionaries(
        st.binary(min_size=20, max_size=20).map(hexed), st.integers(1, 2**128), min_size=1, max_size=9
    )
)
def test_account_roots__any__are_roots_of_their_leaves(amounts: dict[str, int]) -> None:
    expected = root(leaf(["address", "uint256"], pair) for pair in amounts.items())
    assert payouts_root(amounts) == electorate_root(amounts) == expected


def test_account_roots__zero__counts_as_a_payout_and_is_refused_as_a_stake() -> None:
    account = "0x" + "a1" * 20
    assert payouts_root({account: 0}) == leaf(["address", "uint256"], [account, 0])
    with pytest.raises(ValueError, match="no member"):
        electorate_root({account: 0})
