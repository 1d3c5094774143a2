"""Who is who on the development chain. These keys are public knowledge: anvil's well-known mnemonic."""

from functools import cache

MNEMONIC = "test test test test test test test test test test test junk"

# Index in the mnemonic; all of them own ether on a fresh development chain.
PUBLISHER, SERVICE, TREASURY = 0, 1, 2
GUARDIANS = (3, 4, 5)
ATTESTORS = (6, 7, 8, 9, 10)
FIRST_PERSON = 11  # from here on: reporters, disputers, voters, holders
GUARDIAN_THRESHOLD, ATTESTOR_THRESHOLD = 2, 3


@cache
def key(index: int) -> str:
    """Private key of one account, 0x and 64 hex digits."""
    from eth_account import Account

    Account.enable_unaudited_hdwallet_features()
    account = Account.from_mnemonic(MNEMONIC, account_path=f"m/44'/60'/0'/0/{index}")
    return "0x" + bytes(account.key).hex()


@cache
def address(index: int) -> str:
    """Its address in lower case."""
    from eth_account import Account

    return str(Account.from_key(key(index)).address).lower()


def addresses(indices: tuple[int, ...]) -> str:
    """Addresses between commas, as command lines want them."""
    return ",".join(address(index) for index in indices)
