"""Gas of what the contracts do, measured on an in-process EVM: python -m bench.gas."""

from typing import Any

from tests.contracts.bonds import ROOT_DELAY_S, Leaf, deploy_escrow, tree
from tests.contracts.evm import DELAY_S, UNIT, Court, Evm, deploy_court, expiry_id, word

# Source: the peers' own bytecode on a local dev node. Redemptions by holders are not counted in the first group.
PEERS = {
    "one undisputed expiry price": {
        "bare push to a slot (the floor)": 45_899,
        "Opyn Gamma": 95_098,
        "Gnosis CTF": 148_722,
        "Tellor": 178_993,
        "UMA OOv3": 250_853,
        "Reality.eth 3.0": 264_253,
        "UMA OOv2": 425_124,
    },
    "each further price in one push": {"bare push": 24_800},
    "split": {"Gnosis CTF": 122_500},
    "merge": {"Gnosis CTF (least)": 76_000},
    "redeem": {"minimal lazy P/N redeem (the floor)": 38_700, "Gnosis CTF (least)": 61_000, "Opyn Gamma": 169_000},
}

STRIKE = 3_000 * UNIT
PRICE = 3_512_450_000_000_000_000_000

# Of the root that a claim is proven against.
ACCOUNTS = 100_000


def _gas(receipt: Any) -> int:
    return int(receipt["gasUsed"])


def _submit(court: Court, count: int) -> int:
    """Submit of `count` fresh expiries with 3 of 5 signatures."""
    items = [court.item(word(f"bench {count} {i}"), PRICE + i) for i in range(count)]
    return _gas(court.evm.send(court.submission(*items)))


def _life_of_a_series(court: Court) -> dict[str, int]:
    """Create, split, merge and redeem as in life: receivers are accounts that exist, and but for the first split
    the tokens have holders; gas_split is one by an account that held neither P nor N."""
    evm = court.evm
    first, holder, writer = evm.accounts[1:4]
    expiry_at = evm.now() + 1_000
    create = court.factory.functions.create(word("bench"), expiry_at, word("terms"), STRIKE, "0x" + "00" * 20)
    address = evm.read(create)
    gas = {"gas_create_series": _gas(evm.send(create))}
    series = evm.at("Series", address).functions
    p, n = court.tokens(evm.at("Series", address))
    gas["gas_split_first"] = _gas(evm.send(series.split(10 * UNIT), first, 10 * UNIT))
    gas["gas_split"] = _gas(evm.send(series.split(4 * UNIT), writer, 4 * UNIT))
    evm.send(p.functions.transfer(holder, UNIT), first)
    gas["gas_merge"] = _gas(evm.send(series.merge(UNIT), writer))
    evm.set_time(expiry_at)
    evm.send(court.submission(court.item(expiry_id(word("bench"), expiry_at, word("terms")), PRICE)))
    evm.set_time(evm.now() + DELAY_S)
    # A part is redeemed, so that no refund for a cleared slot flatters the figure.
    gas["gas_redeem_p"] = _gas(evm.send(series.redeem(UNIT // 2, 0, holder), holder))
    gas["gas_redeem_n"] = _gas(evm.send(series.redeem(0, UNIT // 2, writer), writer))
    return gas


def _life_of_a_bond(court: Court) -> dict[str, int]:
    """Deposit, roots over 100,000 accounts, claims, each at its dearest: a first deposit by its account into an escrow
    that holds some, an account's first claim, an outflow cap kept. Roots have 3 of 5 signatures; the second fills no
    less than any later one."""
    evm = court.evm
    bonds = deploy_escrow(court, cap=10 * UNIT)
    first, account, anyone = evm.accounts[1:4]
    bonds.deposit(first, UNIT)
    gas = {"gas_deposit": _gas(bonds.deposit(account, UNIT))}
    others = (Leaf(f"0x{number:040x}", number, number, number) for number in range(1, ACCOUNTS))
    leaf = Leaf(account, UNIT // 2, UNIT, UNIT)
    leaves = tree([leaf, *others])
    gas["gas_root_first"] = _gas(evm.send(bonds.root_of(leaves.root)))
    bonds.pass_time(ROOT_DELAY_S)
    claim = bonds.escrow.functions.claim(*leaf, leaves.proof(leaf.hash))
    gas["gas_claim"] = _gas(evm.send(claim, anyone))
    gas["gas_root"] = _gas(evm.send(bonds.root_of(leaves.root)))
    bonds.pass_time(ROOT_DELAY_S)
    bonds.fall_silent()
    gas["gas_exit"] = _gas(evm.send(bonds.escrow.functions.exit(*leaf, leaves.proof(leaf.hash)), anyone))
    return gas


def _reads(court: Court) -> dict[str, int]:
    """A final price asked for by another contract, cold: nothing that it touches was touched before in the
    transaction."""
    expiry = word("read")
    feed = court.create_feed(expiry)
    court.make_final(expiry, PRICE)
    probe = court.evm.deploy_mock("GasProbe")
    plain = court.oracle.encode_abi("price_of", [expiry])
    round_data = feed.encode_abi("latestRoundData", [])
    return {
        "gas_read_price": court.evm.read(probe.functions.gas_of(court.oracle.address, plain)),
        "gas_read_feed": court.evm.read(probe.functions.gas_of(feed.address, round_data)),
        "gas_create_feed": _gas(court.evm.send(court.feeds.functions.create(word("fresh"), 18))),
    }


def measure() -> dict[str, int]:
    """Gas by the names that bench/results.json uses."""
    court = deploy_court(Evm())
    gas = {"gas_submit_1": _submit(court, 1), "gas_submit_50": _submit(court, 50)}
    return gas | _reads(court) | _life_of_a_series(court) | _life_of_a_bond(court)


def main() -> None:
    figures = measure()
    print("Assize, gas")
    for name, gas in figures.items():
        print(f"  {name:<36} {gas:>10,}")
    further = (figures["gas_submit_50"] - figures["gas_submit_1"]) // 49
    print(f"  {'each further expiry of 50':<36} {further:>10,}")
    print("peers, gas (their own bytecode on a local dev node)")
    for act, peers in PEERS.items():
        for peer, gas in peers.items():
            print(f"  {act + ': ' + peer:<70} {gas:>10,}")


if __name__ == "__main__":
    main()
