"""The calls that two people have asked for, built from their proposal: its details never change.

`reward:12`, `set:12` and `apply:12` name proposal 12; its kind has looked at the details that are read here.
"""

from __future__ import annotations

from django.conf import settings

from operators.kinds import Details, NotPossible
from operators.models import Proposal
from operators.services.proposals import people_behind
from oracle import selectors
from oracle.models import Expiry
from protocol.reward import reward_account
from protocol.stages import Stage
from settlement.chain import contracts, oracle_sets
from settlement.chain.client import Call, Connection
from settlement.chain.escrow import escrow
from settlement.models import ChainTransaction
from settlement.services.proposed import CANCEL, newest_of
from settlement.signers.policy import Rebuilt, Reward


def expiry_in(details: Details) -> Expiry:
    """The expiry that details name by id or slug; NotPossible where there is none."""
    name = str(details.get("expiry", ""))
    found = selectors.find_expiry(name)
    if found is None:
        raise NotPossible(f"no expiry is called {name!r}")
    return found


def whole(details: Details, name: str) -> int:
    """A whole number of the details, as a number or in decimal digits; NotPossible for anything else."""
    text = str(details.get(name, ""))
    if not (text.isascii() and text.isdigit() and len(text) <= 40):
        raise NotPossible(f"{name} is a whole number, not {text!r}")
    return int(text)


def set_in(details: Details) -> tuple[list[str], int]:
    """The attestor set of the details, ascending as the contract wants it, and its threshold."""
    return sorted(str(each).lower() for each in details.get("attestors", ())), whole(details, "threshold")


def cancel(client: Connection, purpose: str, name: str) -> Rebuilt:
    """Nothing, sent to oneself: all that two operators can make of a nonce (decision 32)."""
    row = ChainTransaction.objects.get(pk=int(name))
    return Rebuilt(
        purpose, Call(row.sender, "0x"), row.sender, "0x", approved_by=people_behind(newest_of(CANCEL, name))
    )


def reward(client: Connection, purpose: str, name: str) -> Rebuilt:
    """A deposit to the reward account of an expiry: the one call that carries ether."""
    proposal = Proposal.objects.get(pk=int(name))
    expiry, amount = expiry_in(proposal.details), whole(proposal.details, "amount")
    account = reward_account(expiry.id)
    return Rebuilt(
        purpose,
        escrow(client).deposit(account, amount),
        settings.ESCROW_ADDRESS,
        contracts.selector("Escrow", "deposit"),
        approved_by=people_behind(proposal),
        reward=Reward(account, amount, expiry.stage == Stage.SCHEDULED),
    )


def propose_set(client: Connection, purpose: str, name: str) -> Rebuilt:
    """The owner's word for another attestor set."""
    proposal = Proposal.objects.get(pk=int(name))
    members, threshold = set_in(proposal.details)
    call = contracts.oracle(client).call("propose_set", members, threshold)
    return _of_the_oracle(purpose, call, "propose_set", proposal)


def apply_set(client: Connection, purpose: str, name: str) -> Rebuilt:
    """The set of the proposal, put to work under the number that the contract gave it."""
    proposal = Proposal.objects.get(pk=int(name))
    row = ChainTransaction.objects.filter(chain=client.genesis, purpose=f"set:{name}").latest("pk")
    nonce = oracle_sets.proposed_by(client.nodes, row.hash, int(row.block_number or 0)).nonce
    return _of_the_oracle(purpose, contracts.oracle(client).call("apply_set", nonce), "apply_set", proposal)


def _of_the_oracle(purpose: str, call: Call, function: str, proposal: Proposal) -> Rebuilt:
    selector = contracts.selector("PriceOracle", function)
    return Rebuilt(purpose, call, settings.ORACLE_ADDRESS, selector, approved_by=people_behind(proposal))
