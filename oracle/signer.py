"""The service's own signature, and the domain of everything that is signed (PROTOCOL 7)."""

from functools import cache

from django.conf import settings

from protocol import signing


@cache
def _domain(chain_id: int, contract: str) -> signing.Domain:
    return signing.Domain(chain_id, contract)


def domain() -> signing.Domain:
    """The EIP-712 domain: this chain and its price oracle."""
    return _domain(settings.CHAIN_ID, settings.ORACLE_ADDRESS)


@cache
def _address(key: str) -> str:
    return signing.address_of(key)


def service_address() -> str:
    """Whose signature stands under receipts, beats and the service's acts."""
    return _address(settings.SERVICE_KEY)


def digest(kind: str, message: signing.Message) -> str:
    """The EIP-712 digest of a message in our domain."""
    return signing.digest(domain(), kind, message)


def sign(digest_: str) -> str:
    """The service's signature over a digest."""
    return signing.sign(settings.SERVICE_KEY, digest_)
