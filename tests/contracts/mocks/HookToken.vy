# pragma version 0.4.3
"""
@title An ERC-20 that calls its owner's contract of choice in the middle of a transfer
"""
balanceOf: public(HashMap[address, uint256])
allowance: public(HashMap[address, HashMap[address, uint256]])
target: address
data: Bytes[132]
tried: public(bool)
succeeded: public(bool)

@external
def arm(target: address, data: Bytes[132]):
    self.target = target
    self.data = data

@external
def faucet(to: address, amount: uint256):
    self.balanceOf[to] += amount

@external
def approve(spender: address, amount: uint256) -> bool:
    self.allowance[msg.sender][spender] = amount
    return True

@external
def transfer(to: address, amount: uint256) -> bool:
    self._move(msg.sender, to, amount)
    return True

@external
def transferFrom(owner: address, to: address, amount: uint256) -> bool:
    self.allowance[owner][msg.sender] -= amount
    self._move(owner, to, amount)
    return True

@internal
def _move(owner: address, to: address, amount: uint256):
    self.balanceOf[owner] -= amount
    if self.target != empty(address):
        self.tried = True
        self.succeeded = raw_call(self.target, self.data, revert_on_failure=False)
    self.balanceOf[to] += amount
