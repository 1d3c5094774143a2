# pragma version 0.4.3
# pragma evm-version cancun
"""
@title Who owns a contract
@license MIT
@notice One owner, and a change of owner in two steps. What the owner may do, the contract that uses this says.
"""

event OwnerProposed:
    owner: indexed(address)

event OwnerChanged:
    owner: indexed(address)

owner: public(address)
proposed_owner: public(address)

@deploy
def __init__(owner: address):
    assert owner != empty(address), "owner is the zero address"
    self.owner = owner
    log OwnerChanged(owner=owner)


@external
def propose_owner(owner: address):
    """
    @notice The first of two steps; the zero address takes a proposal back.
    """
    self._check_owner()
    self.proposed_owner = owner
    log OwnerProposed(owner=owner)


@external
def accept_owner():
    """
    @notice The second step, by the new owner: shows that somebody holds the key.
    """
    assert msg.sender == self.proposed_owner, "not the proposed owner"
    self.owner = msg.sender
    self.proposed_owner = empty(address)
    log OwnerChanged(owner=msg.sender)


@internal
@view
def _check_owner():
    assert msg.sender == self.owner, "not the owner"
