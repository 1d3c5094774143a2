# pragma version 0.4.3
"""
@notice The smallest foreign series that reads the oracle itself. It says no strike.
"""
oracle: public(immutable(address))
expiry: public(immutable(bytes32))

@deploy
def __init__(price_oracle: address, expiry_id: bytes32):
    oracle = price_oracle
    expiry = expiry_id
