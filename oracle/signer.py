"""The service's own signature, and the domain of everything that is signed (PROTOCOL 7)."""

from functools import cache

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from protocol import signing


@cache
def _domain(chain_id: int, contract: str) -> signing.Domain:
    return signing.Domain(chain_id, contract)


def domain() -> signing.Domain:
    """The EIP-712 domain: this chain and its price oracle."""
    return _domain(settings.CHAIN_ID, settings.ORACLE_ADDRESS)


def _key() -> str:
    if not settings.SERVICE_KEY:
        raise ImproperlyConfigured("SERVICE_KEY is not given to this process: it cannot sign for the service")
    return str(settings.SERVICE_KEY)


@cache
def _address(key: str) -> str:
    return signing.address_of(key)


def service_address() -> str:
    """Whose signature stands under receipts, beats and the service's acts."""
    return _address(_key())


def digest(kind: str, message: signing.Message) -> str:
    """The EIP-712 digest of a message in our domain."""
    return signing.digest(domain(), kind, message)


def sign(digest_: str) -> str:
    """The service's signature over a digest."""
    return signing.sign(_key(), digest_)
