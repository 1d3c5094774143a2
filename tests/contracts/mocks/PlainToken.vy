# pragma version 0.4.3
"""
@title An honest ERC-20 with a faucet, and one that can be told to misbehave
@dev `mode` 0: honest. 1: says True and moves nothing. 2: returns False. 3: keeps a hundredth. 4: answers with 2.
"""
event Transfer:
    sender: indexed(address)
    receiver: indexed(address)
    value: uint256

decimals: public(uint8)
mode: public(uint256)
balanceOf: public(HashMap[address, uint256])
allowance: public(HashMap[address, HashMap[address, uint256]])

@deploy
def __init__(decimals: uint8, mode: uint256):
    self.decimals = decimals
    self.mode = mode

@external
def faucet(to: address, amount: uint256):
    self.balanceOf[to] += amount

@external
def set_mode(mode: uint256):
    self.mode = mode

@external
def approve(spender: address, amount: uint256) -> bool:
    self.allowance[msg.sender][spender] = amount
    return True

@external
def transfer(to: address, amount: uint256) -> uint256:
    return self._move(msg.sender, to, amount)

@external
def transferFrom(owner: address, to: address, amount: uint256) -> uint256:
    self.allowance[owner][msg.sender] -= amount
    return self._move(owner, to, amount)

@internal
def _move(owner: address, to: address, amount: uint256) -> uint256:
    if self.mode == 1:
        return 1
    if self.mode == 2:
        return 0
    arrives: uint256 = amount
    if self.mode == 3:
        arrives -= amount // 100
    self.balanceOf[owner] -= amount
    self.balanceOf[to] += arrives
    log Transfer(sender=owner, receiver=to, value=arrives)
    if self.mode == 4:
        return 2
    return 1
