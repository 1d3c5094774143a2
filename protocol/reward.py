"""The account whose free balance becomes the reward of an expiry (PROTOCOL 6): anybody funds it by a deposit.

Nobody has its key: it is cut from a hash, as an expiry's id is. What comes after `Opened` stays on it.
"""

from __future__ import annotations

from protocol.hashing import ADDRESS_BYTES, bytes32_word, hash_words, keccak

_TAG = keccak(b"Assize reward")


def reward_account(expiry: str) -> str:
    """The address to deposit the reward of `expiry` (its id, a bytes32) to; ValueError for anything else."""
    return "0x" + hash_words(_TAG, bytes32_word(expiry))[-2 * ADDRESS_BYTES :]
