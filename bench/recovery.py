"""Signature recoveries per second: ours, with typed-data hashing and all checks, beside bare coincurve."""

from time import perf_counter

from coincurve import PublicKey

from protocol.signing import Domain, address_of, digest, recover, sign

DOMAIN = Domain(31337, "0x" + "a5" * 20)
KEY = "0x" + "42" * 32
ROUNDS, CALLS = 25, 200


def measure() -> dict[str, float]:
    """The figures under their names in bench/results.json; the ratio is that of the rates.

    Ours and bare take turns in short rounds, and each counts by its fastest one: noise of the machine hits
    both alike.
    """
    account = address_of(KEY)
    messages = [_report(account, nonce) for nonce in range(CALLS)]
    digests = [digest(DOMAIN, "Report", message) for message in messages]
    signatures = [sign(KEY, each) for each in digests]
    raw = [_raw(each, signature) for each, signature in zip(digests, signatures, strict=True)]
    ours, bare = [], []
    for _ in range(ROUNDS):
        start = perf_counter()
        for message, signature in zip(messages, signatures, strict=True):
            if recover(digest(DOMAIN, "Report", message), signature) != account:
                raise RuntimeError("recovered another account than the one that signed")
        middle = perf_counter()
        for hashed, signature_bytes in raw:
            PublicKey.from_signature_and_message(signature_bytes, hashed, hasher=None)
        ours.append(middle - start)
        bare.append(perf_counter() - middle)
    return {
        "recover_per_s": round(CALLS / min(ours)),
        "recover_per_s_bare": round(CALLS / min(bare)),
        "recover_ratio": round(min(bare) / min(ours), 3),
    }


def _report(account: str, n: int) -> dict[str, object]:
    return {
        "account": account,
        "expiry": "0x" + "e1" * 32,
        "price": 17_895 * 10**18 + n,
        "bond": 10**17,
        "evidence": "0x" + "ed" * 32,
        "salt": "0x" + "5a" * 32,
    }


def _raw(hashed: str, signature: str) -> tuple[bytes, bytes]:
    signed = bytes.fromhex(signature[2:])
    return bytes.fromhex(hashed[2:]), signed[:64] + bytes([signed[64] - 27])


def main() -> None:
    for name, value in measure().items():
        print(f"{name:20} {value:>10}")


if __name__ == "__main__":
    main()
