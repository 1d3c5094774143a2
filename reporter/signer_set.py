"""`set show`, `propose`, `sign`, `veto`, `apply`: changing who attests, on chain, slowly and in the open (PROTOCOL 8).

The owner proposes a set, it waits, k guardians may veto it, and anyone applies it after that. Each is a transaction of
one's own; a guardian's share of a veto is a signature alone, made offline.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from protocol.hashing import address_word, from_hex, keccak, to_hex, uint256_word
from protocol.signing import Domain, recover
from reporter.attest.chain import Chain
from reporter.attest.signers import Signers, SignerSet, Waiting, read_signers
from reporter.keys import Key
from reporter.sending import load, store
from reporter.stop import Stop
from reporter.units import show_table, show_time
from reporter.wallet import Wallet

MAX_SIGNERS = 32
_VETO_TYPE = keccak(b"VetoSet(uint256 nonce)")


class OracleContract:
    """The price oracle at `address`: who signs for it, and the calls that change that."""

    def __init__(self, chain: Chain, address: str) -> None:
        self.chain, self.address = chain, address
        if not chain.has_code(address):
            raise Stop(f"there is no contract at the oracle's address {address}")

    def signers(self) -> Signers:
        return read_signers(self.chain, self.address)

    def waiting(self) -> Waiting:
        """The set that waits; Stop where none does."""
        found = self.signers().waiting
        if found is None:
            raise Stop("no set waits")
        return found

    def veto_digest(self, nonce: int) -> str:
        """What a guardian signs to veto the proposal of this nonce."""
        domain = Domain(self.chain.chain_id(), self.address)
        return to_hex(keccak(domain.prefix + keccak(_VETO_TYPE + uint256_word(nonce))))

    def propose_set(self, new: SignerSet) -> str:
        members = [uint256_word(len(new.members)), *map(address_word, new.members)]
        return _call("propose_set(address[],uint256)", uint256_word(2 * 32), uint256_word(new.threshold), *members)

    def apply_set(self, nonce: int) -> str:
        return _call("apply_set(uint256)", uint256_word(nonce))

    def veto_set(self, nonce: int, signatures: Sequence[str]) -> str:
        """`signatures` in ascending order of their signers."""
        parts = [uint256_word(65) + from_hex(each, 65) + bytes(31) for each in signatures]
        starts = [uint256_word(len(parts) * 32 + place * len(parts[0])) for place in range(len(parts))]
        count = uint256_word(len(parts))
        return _call("veto_set(uint256,bytes[])", uint256_word(nonce), uint256_word(2 * 32), count, *starts, *parts)


def show(oracle: OracleContract, now: int) -> None:
    """Who signs, who waits, and who could stop that."""
    found = oracle.signers()
    print(show_table([
        ("oracle", oracle.address), *_set_rows("running", found.running), *_set_rows("guardians", found.guardians),
        ("owner", found.owner), *_waiting_rows(found, now),
    ]))  # fmt: skip


def propose(
    oracle: OracleContract, key: Key, *, members: Sequence[str], threshold: int, now: int, sending: bool
) -> None:
    """Propose another set. Stop where the key is not the owner's, or the contract would refuse the set."""
    found = oracle.signers()
    new = SignerSet(tuple(sorted(members)), threshold)
    if len(set(members)) != len(members):
        raise Stop("an attestor is named twice")
    if not 0 < threshold <= len(members) <= MAX_SIGNERS:
        raise Stop(f"the threshold must lie between 1 and the number of attestors, of whom there are {len(members)}")
    running = set(found.running.members)
    print(show_table([
        *_set_rows("running", found.running), *_set_rows("to come", new),
        ("comes in", ", ".join(sorted(set(members) - running)) or "nobody"),
        ("goes out", ", ".join(sorted(running - set(members))) or "nobody"),
        ("can be applied from", f"about {show_time(now + found.set_delay)}"), *_waiting_rows(found, now),
    ]))  # fmt: skip
    if found.waiting:
        print("  it takes the place of the set that waits now")
    if key.address != found.owner:
        raise Stop(f"only the owner, {found.owner}, can propose a set; this key is {key.address}")
    _send(oracle, key, oracle.propose_set(new), sending)


def apply(oracle: OracleContract, key: Key, *, now: int, sending: bool) -> None:
    """Put the set that has waited to work. Stop where none does, or it still waits."""
    found, waiting = oracle.signers(), oracle.waiting()
    print(show_table([*_set_rows("running", found.running), *_waiting_rows(found, now)]))
    if now < waiting.applies_from:
        raise Stop(f"proposal {waiting.nonce} still waits, until {show_time(waiting.applies_from)}")
    _send(oracle, key, oracle.apply_set(waiting.nonce), sending)


def sign_veto(oracle: OracleContract, key: Key, *, out: Path) -> None:
    """Write one guardian's share of a veto to a file; `veto` sends k of them."""
    found, waiting = oracle.signers(), oracle.waiting()
    if key.address not in found.guardians.members:
        raise Stop(f"{key.address} is no guardian of this oracle")
    signature = key.sign(oracle.veto_digest(waiting.nonce))
    document = {"oracle": oracle.address, "nonce": str(waiting.nonce), "signature": signature}
    path = store(out, f"veto-{waiting.nonce}-{key.address[2:10]}", document)
    print(f"veto of proposal {waiting.nonce} signed; hand this share on: {path}")


def veto(oracle: OracleContract, key: Key, shares: Sequence[Path], *, now: int, sending: bool) -> None:
    """Drop the set that waits, by k guardians' shares. Stop where they are too few, or of another proposal."""
    found, waiting = oracle.signers(), oracle.waiting()
    signed = oracle.veto_digest(waiting.nonce)
    by_guardian: dict[str, str] = {}
    for path in shares:
        document: dict[str, Any] = load(path)
        if (document.get("oracle"), document.get("nonce")) != (oracle.address, str(waiting.nonce)):
            raise Stop(f"{path} is no share of a veto of proposal {waiting.nonce} at {oracle.address}")
        try:
            guardian = recover(signed, document.get("signature", ""))
        except ValueError as error:
            raise Stop(f"{path}: {error}") from None
        if guardian not in found.guardians.members:
            raise Stop(f"{path} is not signed by a guardian")
        by_guardian[guardian] = document["signature"]
    print(show_table([*_waiting_rows(found, now), ("guardians who signed", ", ".join(sorted(by_guardian)))]))
    if len(by_guardian) < found.guardians.threshold:
        raise Stop(f"{len(by_guardian)} of {found.guardians.threshold} guardians have signed")
    _send(oracle, key, oracle.veto_set(waiting.nonce, [by_guardian[each] for each in sorted(by_guardian)]), sending)


def _set_rows(name: str, found: SignerSet) -> list[tuple[str, str]]:
    head = (name, f"{found.threshold} of {len(found.members)} must sign")
    return [head, *(("", member) for member in found.members)]


def _waiting_rows(found: Signers, now: int) -> list[tuple[str, str]]:
    waiting = found.waiting
    if waiting is None:
        return [("waiting", "no set")]
    due = now >= waiting.applies_from
    words = "can be applied since" if due else "can be applied from"
    rows = _set_rows(f"waiting, proposal {waiting.nonce}", waiting.proposed)
    return [*rows, (words, show_time(waiting.applies_from)), ("veto", f"{found.guardians.threshold} guardians")]


def _send(oracle: OracleContract, key: Key, data: str, sending: bool) -> None:
    if sending:
        print(f"done by transaction {Wallet(oracle.chain, key).send(oracle.address, data)}")
    else:
        print("dry run: nothing was sent; add --send")


def _call(function: str, *words: bytes) -> str:
    return to_hex(keccak(function.encode())[:4] + b"".join(words))
