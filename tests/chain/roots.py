"""Roots on a real chain, in few words: deposits by the cast, real attestors, guardians."""

from __future__ import annotations

import secrets
from pathlib import Path

from django.conf import settings

from dev import accounts
from oracle import signer
from oracle.services.answer import Answer
from oracle.services.time import beat
from protocol import signing
from protocol.book import Book
from protocol.escrow import Leaf, Statement
from protocol.signing import Domain
from reporter.attest.chain import Chain
from reporter.attest.escrow import EscrowReader
from reporter.attest.follower import Follower
from reporter.attest.grounds import Context
from reporter.attest.memory import Memory
from reporter.attest.program import Attestor
from reporter.attest.roots import RootContext, RootMemory
from reporter.attest.store import Store
from reporter.keys import Key
from settlement.chain.client import Receipt
from settlement.chain.escrow import Escrow, escrow
from settlement.models import Root
from settlement.services.root_posting import post_roots
from settlement.services.roots import propose_root, statement_of
from tests.cast import Person
from tests.chain.conftest import FINALITY, World
from tests.chain.escrow import deposit, index_all
from tests.flows.following import service


def credited(world: World, *deposits: tuple[Person, int]) -> None:
    """The cast deposits through the contract, and all of it becomes final."""
    for who, amount in deposits:
        deposit(world, who.address, amount)
    world.node.mine(FINALITY)
    index_all(world)


def withdraw(world: World, who: Person, amount: int) -> Answer:
    return who.send("Withdrawal", {"amount": amount, "nonce": secrets.randbits(64)}, world.node.now())


def attestor(world: World, folder: Path, number: int) -> Attestor:
    """The one with this number, as the program sets it up; it accepts what was made before it came."""
    there = service()
    about = there.about()
    domain = Domain(int(about["chain_id"]), about["oracle"])
    store = Store(folder / f"attestor-{number}-{secrets.token_hex(3)}")
    book = Book(domain, about["service"], int(about["unbonding_delay"]))
    follower = Follower(there, store, book, started=10**11)
    chain = Chain([world.node.url], from_block=settings.FACTORY_BLOCK)
    context = Context(follower, chain, Memory(store.signed), about["oracle"], about["factory"], True)
    reader = EscrowReader(chain, about["escrow"])
    roots = RootContext(follower, reader, RootMemory(store.roots), about["treasury"], FINALITY, True)
    return Attestor(there, Key(accounts.key(accounts.ATTESTORS[number])), domain, context, roots)


def attest(world: World, folder: Path, *numbers: int) -> list[Attestor]:
    """One round of these attestors."""
    beat(now=world.node.now())
    found = [attestor(world, folder, number) for number in numbers]
    for each in found:
        each.round(world.node.now())
    return found


def propose(world: World) -> Root:
    """The root that is due now."""
    index_all(world)
    found = propose_root(now=world.node.now())
    assert found is not None, "no root was due"
    return found


def post(world: World) -> int:
    """One round of the publisher."""
    return post_roots(now=world.node.now())


def made_final(world: World, folder: Path) -> Root:
    """A fresh root, signed by three, posted, and its delay over in a deep block."""
    root = propose(world)
    attest(world, folder, 0, 1, 2)
    post(world)
    world.bury()
    post(world)
    root.refresh_from_db()
    assert root.stage == "FINAL", f"{root.stage}: {root.reason}"
    return root


def contract(world: World) -> Escrow:
    return escrow(world.client)


def claim(world: World, root: Root, account: str, holder: int = 0) -> Receipt:
    """Anybody claims for the account by the root's public file."""
    leaf, proof = proof_of(statement_of(root), account)
    return world.holder(holder).send(contract(world).claim(fields(leaf), proof))


def leave(world: World, statement: Statement, account: str) -> Receipt:
    """The account's exit, by a public file alone."""
    leaf, proof = proof_of(statement, account)
    return world.holder(1).send(contract(world).exit(fields(leaf), proof))


def proof_of(statement: Statement, account: str) -> tuple[Leaf, list[str]]:
    return statement.leaves[account], statement.proof(account)


def fields(leaf: Leaf) -> tuple[str, int, int, int]:
    return leaf.account, leaf.withdrawable, leaf.entitled, leaf.deposited


def cancel(world: World, epoch: int) -> None:
    """Two of three guardians take a root back."""
    digest = signer.digest("CancelRoot", {"epoch": epoch})
    guardians = sorted(accounts.GUARDIANS[:2], key=accounts.address)
    signatures = [signing.sign(accounts.key(guardian), digest) for guardian in guardians]
    world.holder(4).send(contract(world).cancel_root(epoch, signatures))
