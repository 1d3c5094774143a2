"""Login by EIP-4361: a wallet signs a text that is good once, here, on this chain, for ten minutes.

It tells pages whose money to show. It gives no right over it: each act has its own signature.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from eth_account.messages import defunct_hash_message
from eth_utils.address import to_checksum_address

from protocol import signing
from protocol.hashing import from_hex, to_hex

LIFE_SECONDS = 600
STATEMENT = "Log in to Assize. This moves no money and gives no right over any."
_TIME = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z"
_FORM = re.compile(
    r"(?P<domain>[^\s/?#@]+) wants you to sign in with your Ethereum account:\n"
    r"(?P<address>0x[0-9a-fA-F]{40})\n\n"
    rf"{re.escape(STATEMENT)}\n\n"
    r"URI: (?P<uri>\S+)\nVersion: 1\nChain ID: (?P<chain_id>[1-9][0-9]{0,18})\nNonce: (?P<nonce>[0-9a-zA-Z]{8,64})\n"
    rf"Issued At: (?P<issued_at>{_TIME})\nExpiration Time: (?P<expires_at>{_TIME})"
)


class Refused(StrEnum):
    """Why a login was not taken."""

    MALFORMED = "malformed"
    NO_NONCE = "no_nonce"
    NONCE = "wrong_nonce"
    DOMAIN = "wrong_domain"
    URI = "wrong_uri"
    CHAIN = "wrong_chain"
    TIME = "wrong_time"
    SIGNATURE = "bad_signature"


REASONS = {
    Refused.MALFORMED: "This is not the text that was asked to be signed.",
    Refused.NO_NONCE: "This window has no login under way, or it was used before. Begin again.",
    Refused.NONCE: "This text was made for another window. Begin again.",
    Refused.DOMAIN: "This text was made for another site. Look at the address bar before you sign anything.",
    Refused.URI: "This text was made for another address of this site. Begin again.",
    Refused.CHAIN: "This text was made for another chain. Begin again.",
    Refused.TIME: "This text is out of date, or from the future. Begin again.",
    Refused.SIGNATURE: "The signature is not that of the account in the text. Contract wallets cannot log in.",
}


@dataclass(frozen=True, slots=True)
class Site:
    """Where one logs in: `https://assize.example`, and the chain."""

    origin: str
    chain_id: int

    @property
    def domain(self) -> str:
        return self.origin.partition("://")[2]

    @property
    def uri(self) -> str:
        return f"{self.origin}/login/"


def text(site: Site, *, address: str, nonce: str, now: int) -> str:
    """What is signed. ValueError for an address in another form than 0x and lower-case hex."""
    from_hex(address, 20)
    return (
        f"{site.domain} wants you to sign in with your Ethereum account:\n{to_checksum_address(address)}\n\n"
        f"{STATEMENT}\n\n"
        f"URI: {site.uri}\nVersion: 1\nChain ID: {site.chain_id}\nNonce: {nonce}\n"
        f"Issued At: {_iso(now)}\nExpiration Time: {_iso(now + LIFE_SECONDS)}"
    )


def check(site: Site, signed: str, signature: str, *, nonce: str | None, now: int) -> str | Refused:
    """The account, in lower case, that a signed text logs in at unix second `now`, or why it does not.

    `nonce` is the one that this session was given last, and that nobody has used yet; None where there is none.
    """
    found = _FORM.fullmatch(signed)
    if found is None:
        return Refused.MALFORMED
    if nonce is None:
        return Refused.NO_NONCE
    wanted = {
        Refused.NONCE: (found["nonce"], nonce),
        Refused.DOMAIN: (found["domain"], site.domain),
        Refused.URI: (found["uri"], site.uri),
        Refused.CHAIN: (found["chain_id"], str(site.chain_id)),
    }
    for refusal, (said, right) in wanted.items():
        if said != right:
            return refusal
    if not _is_current(found["issued_at"], found["expires_at"], now):
        return Refused.TIME
    return _signer(signed, signature, found["address"]) or Refused.SIGNATURE


def _is_current(issued_at: str, expires_at: str, now: int) -> bool:
    try:
        issued, expires = _seconds(issued_at), _seconds(expires_at)
    except ValueError:
        return False
    return issued <= now < expires <= issued + LIFE_SECONDS


def _signer(signed: str, signature: str, address: str) -> str | None:
    """The address, if it is spelled with its checksum and its key made the signature."""
    try:
        who = signing.recover(to_hex(bytes(defunct_hash_message(text=signed))), signature)
    except signing.BadSignature:
        return None
    return who if to_checksum_address(who) == address else None


def _iso(second: int) -> str:
    return f"{datetime.fromtimestamp(second, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _seconds(iso: str) -> int:
    return int(datetime.strptime(iso, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp())
