# pragma version 0.4.3
"""
@title Forces the ETH it is made with upon another contract, which cannot refuse it
"""
@deploy
@payable
def __init__(target: address):
    selfdestruct(target)
