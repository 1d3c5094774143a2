"""The salt of a vote, out of one signature of the voter's wallet (PROTOCOL 7: "derived from a wallet signature").

    text       the same for everybody who computes it: no time, no site, no randomness
    signature  of the text, as wallets sign texts (EIP-191, `personal_sign`); deterministic by RFC 6979
    salt       keccak256(r || s), s low: how a wallet spells v, or which s it takes, makes no difference

So the same wallet gives the same salt on any device. docs/voting.md has a vector.
"""

from __future__ import annotations

from protocol.hashing import address_word, bytes32_word, from_hex, keccak, to_hex, uint256_word
from protocol.signing import Domain

_CURVE_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141

_TEXT = """\
Assize: make the salt of one sealed vote.

Whoever has this signature can read the vote before it is revealed. Sign it only in order to vote, on a site that \
you trust. It moves no money.

Expiry: {expiry}
Ballot: {ballot}
Account: {account}
Chain: {chain}
Oracle: {oracle}"""


def salt_text(domain: Domain, expiry: str, ballot: int, account: str) -> str:
    """What a voter's wallet signs for one ballot; ASCII, lines parted by a line feed, none at the end.

    ValueError for an id or an address that is not in canonical form, or a ballot that is no uint256.
    """
    bytes32_word(expiry)
    uint256_word(ballot)
    address_word(account)
    return _TEXT.format(
        expiry=expiry, ballot=ballot, account=account, chain=domain.chain_id, oracle=domain.contract
    )


def text_digest(text: str) -> str:
    """What is signed of a text by EIP-191, a bytes32 string."""
    raw = text.encode()
    return to_hex(keccak(b"\x19Ethereum Signed Message:\n" + str(len(raw)).encode() + raw))


def salt_of(signature: str) -> str:
    """The salt that a signature of `salt_text` gives, a bytes32 string; ValueError unless it is 65 bytes of hex."""
    raw = from_hex(signature, 65)
    s = int.from_bytes(raw[32:64], "big")
    return to_hex(keccak(raw[:32] + min(s, _CURVE_ORDER - s).to_bytes(32, "big")))
