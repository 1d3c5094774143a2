"""`dispute`, `stake`, `unstake`, `withdraw`, `vote` and `rule`: thin, since the service and the law judge them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from protocol.evidence import document, says_nothing
from protocol.evidence_files import entry
from protocol.hashing import keccak, to_hex
from protocol.signing import Message, commitment, digest, parse, recover, to_json
from protocol.vote_salt import salt_of, salt_text, text_digest
from reporter import api
from reporter.evidence import carried, offer, read
from reporter.keys import Key
from reporter.sending import load, random_nonce, random_word, send, send_stored, store
from reporter.service import Service, running_terms
from reporter.stop import Stop
from reporter.units import show_ether, show_ppm, show_price, show_table, show_time


def dispute(
    service: Service,
    key: Key,
    *,
    expiry_id: str,
    price: int,
    amount: int,
    until: int,
    reason: str,
    out: Path,
    sending: bool,
    attestors: Sequence[str] = (),
    links: Sequence[str] = (),
    files: Sequence[Path] = (),
) -> None:
    """Pledge `amount` wei in the running round that `price` is right and the standing price wrong."""
    expiry = service.expiry(expiry_id)
    free = int(service.account(key.address)["free"])
    round_ = int(expiry["round"]) + 1
    standing = show_price(int(expiry["standing"])) if expiry["standing"] else "none"
    print(show_table([
        ("expiry", expiry["id"]),
        ("stage", expiry["stage"]),
        ("standing price", standing),
        ("claimed price", f"{show_price(price)} in round {round_}"),
        ("pledge", f"up to {show_ether(amount)}, meant until {show_time(until)}"),
        ("free balance", show_ether(free)),
    ]))  # fmt: skip
    if expiry["stage"] != "CHALLENGE":
        raise Stop(f"the expiry is in {expiry['stage']}; claims are taken in CHALLENGE only")
    print(show_table(_foretold(service.simulate(expiry["id"], price, amount))))
    try:
        entries = [entry(path.name, read(path)) for path in files]
        evidence = document(expiry=expiry["id"], price=price, words=reason, links=links, files=entries)
    except ValueError as error:
        raise Stop(f"the evidence is not in form: {error}") from None
    message: Message = {
        "account": key.address, "expiry": expiry["id"], "round": round_, "price": price, "amount": amount,
        "evidence": carried(evidence), "nonce": random_nonce(), "until": until,
    }
    if not sending:
        print("dry run: nothing was sent; add --send")
        return
    kept = None if says_nothing(evidence) else store(out, f"evidence-{message['evidence'][2:14]}", evidence)
    send(service, key, "Pledge", message, out, attestors)
    if kept:
        offer(service, kept, files)


def _foretold(found: api.Simulated) -> list[tuple[str, str]]:
    """What the pledge costs, may gain and would change; or why the service would refuse it."""
    quote = found["dispute"]
    if quote is None:
        return [("would be refused", f"{found['refusal']}: {found['refusal_means']}")]
    return [
        ("required now", show_ether(int(quote["required"]))),
        ("left to fill", show_ether(int(quote["left"]))),
        ("at risk", show_ether(int(quote["at_risk"]))),
        ("gain if right", show_ether(int(quote["gain"]))),
        ("break-even", show_ppm(int(quote["break_even"]["ppm"]))),
        ("would move", _moved(found)),
    ]


def _moved(found: api.Simulated) -> str:
    if found["moved_rated"] is None:
        return "not known: the units of a series are not counted"
    tokens = [each["collateral"] for each in found["moved_unrated"]]
    besides = f", and tokens without a rate: {', '.join(tokens)}" if tokens else ""
    return f"{show_ether(int(found['moved_rated']))} between holders of P and of N{besides}"


def move(
    service: Service, key: Key, *, kind: str, amount: int, out: Path, sending: bool, attestors: Sequence[str] = ()
) -> None:
    """Stake, Unstake or Withdrawal of `amount` wei."""
    account = service.account(key.address)
    held = [(name, show_ether(int(account[name]))) for name in ("free", "stake", "unbonding", "withdrawing")]
    print(show_table([*held, (f"to {kind.lower()}", show_ether(amount))]))
    message: Message = {"account": key.address, "amount": amount, "nonce": random_nonce()}
    _send_or_stop(service, key, kind, message, out, sending, attestors)


def commit_vote(
    service: Service,
    key: Key,
    *,
    expiry_id: str,
    price: int,
    out: Path,
    sending: bool,
    attestors: Sequence[str] = (),
    derive: bool = False,
) -> None:
    """Commit to a price in the running ballot. The salt is stored first: without it nothing can be revealed.

    It is random, or with `derive` made of the key's signature, which gives it again at any time.
    """
    expiry = service.expiry(expiry_id)
    if expiry["stage"] != "COMMIT":
        raise Stop(f"the expiry is in {expiry['stage']}; votes are committed in COMMIT only")
    ballot, id_ = int(expiry["ballot"]), expiry["id"]
    print(show_table([("expiry", id_), ("ballot", str(ballot)), ("vote", show_price(price))]))
    path = _vote_file(out, id_, ballot, key.address)
    if path.exists():
        vote = load(path)
        if int(vote["price"]) != price:
            raise Stop(f"{path} holds a vote for {show_price(int(vote['price']))}; move it away to vote otherwise")
    else:
        vote = {"expiry": id_, "ballot": str(ballot), "price": str(price), "salt": random_word()}
        if derive:
            vote["salt"] = _derived(service, key, id_, ballot)
        if sending:
            store(out, path.stem, vote)
    secret = commitment(id_, ballot, key.address, price, vote["salt"])
    message: Message = {"account": key.address, "expiry": id_, "ballot": ballot, "commitment": secret}
    _send_or_stop(service, key, "VoteCommit", message, out, sending, attestors)


def reveal_vote(
    service: Service,
    key: Key,
    *,
    expiry_id: str,
    out: Path,
    sending: bool,
    attestors: Sequence[str] = (),
    derive: bool = False,
    price: int | None = None,
) -> None:
    """Reveal the vote that was committed, from the file in which it was stored; with `derive` from key and price."""
    expiry = service.expiry(expiry_id)
    if expiry["stage"] != "REVEAL":
        raise Stop(f"the expiry is in {expiry['stage']}; votes are revealed in REVEAL only")
    ballot, id_ = int(expiry["ballot"]), expiry["id"]
    if derive:
        if price is None:
            raise Stop("--derive-salt makes the salt again; the price is known to you alone: give it by --price")
        vote = {"price": str(price), "salt": _derived(service, key, id_, ballot)}
    else:
        vote = load(_vote_file(out, id_, ballot, key.address))
    print(show_table([("expiry", id_), ("ballot", str(ballot)), ("vote", show_price(int(vote["price"])))]))
    message: Message = {
        "account": key.address, "expiry": id_, "ballot": ballot, "price": int(vote["price"]), "salt": vote["salt"],
    }
    _send_or_stop(service, key, "VoteReveal", message, out, sending, attestors)


def _derived(service: Service, key: Key, expiry: str, ballot: int) -> str:
    return salt_of(key.sign(text_digest(salt_text(service.domain(), expiry, ballot, key.address))))


def sign_ruling(service: Service, key: Key, *, expiry_id: str, price: int, reason: str, out: Path) -> None:
    """Write one guardian's share of a ruling to a file; `send_ruling` puts k of them together."""
    expiry = service.expiry(expiry_id)
    guardians = running_terms(expiry).guardians
    if key.address not in guardians:
        raise Stop(f"{key.address} is no guardian of this expiry")
    message: Message = {"expiry": expiry["id"], "price": price, "reason": to_hex(keccak(reason.encode()))}
    signed = digest(service.domain(), "Ruling", message)
    act = {"kind": "Ruling", "message": to_json("Ruling", message), "signatures": [key.sign(signed)]}
    name = f"ruling-{signed[2:14]}-{key.address[2:10]}"
    path = store(out, name, {"digest": signed, "reason": reason, "act": act})
    print(f"ruling for {show_price(price)} signed; hand this share on: {path}")


def send_ruling(service: Service, shares: Sequence[Path], *, out: Path, attestors: Sequence[str] = ()) -> None:
    """Put guardians' shares of one ruling together and send it."""
    documents = [load(path) for path in shares]
    first, signatures = documents[0], []
    message = parse("Ruling", first["act"]["message"])
    signed = digest(service.domain(), "Ruling", message)
    for path, share in zip(shares, documents, strict=True):
        if share["act"]["message"] != first["act"]["message"]:
            raise Stop(f"{path} is a share of another ruling than {shares[0]}: price, reason and expiry must agree")
        signatures += share["act"]["signatures"]
    terms = running_terms(service.expiry(message["expiry"]))
    signers = {recover(signed, signature) for signature in signatures}
    if len(signers & set(terms.guardians)) < max(1, terms.guardian_threshold):
        raise Stop(f"{len(signers & set(terms.guardians))} of {terms.guardian_threshold} guardians have signed")
    act = {"kind": "Ruling", "message": first["act"]["message"], "signatures": signatures}
    send_stored(service, store(out, f"ruling-{signed[2:14]}", {"digest": signed, "act": act}), attestors)


def _send_or_stop(
    service: Service, key: Key, kind: str, message: Message, out: Path, sending: bool, attestors: Sequence[str]
) -> None:
    if sending:
        send(service, key, kind, message, out, attestors)
    else:
        print("dry run: nothing was sent; add --send")


def _vote_file(out: Path, expiry: str, ballot: int, account: str) -> Path:
    return out / f"vote-{expiry[2:14]}-{ballot}-{account[2:10]}.json"
