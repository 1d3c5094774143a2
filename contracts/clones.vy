# pragma version 0.4.3
# pragma evm-version cancun
"""
@title Minimal proxies that carry their parameters
@license MIT
@notice An EIP-1167 proxy followed by bytes that never run. Code cannot be changed, so neither can what stands there,
        and reading it costs a twentieth of a storage slot. A clone reads its own with slice(proxy.code, CODE_SIZE, n), proxy being `self` as an address.
"""

CODE_SIZE: constant(uint256) = 45
MAX_PARAMETERS: constant(uint256) = 96

@internal
@pure
def _creation_code(implementation: address, parameters: Bytes[MAX_PARAMETERS]) -> Bytes[151]:
    size: uint16 = convert(CODE_SIZE + len(parameters), uint16)
    return concat(
        x"61", convert(size, bytes2), x"3d81600a3d39f3",                # returns the rest as the contract's code
        x"363d3d373d3d3d363d73", convert(implementation, bytes20),      # hands every call to the implementation
        x"5af43d82803e903d91602b57fd5bf3",                              # returns, or reverts with, what it said
        parameters,
    )
