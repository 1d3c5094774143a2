# pragma version 0.4.3
"""
@notice What a read costs another contract that asks for the first time in its transaction.
"""

@external
def gas_of(target: address, data: Bytes[68]) -> uint256:
    before: uint256 = msg.gas
    answer: Bytes[160] = raw_call(target, data, max_outsize=160)
    return before - msg.gas
