# pragma version 0.4.3
"""
@title An account that is a contract, and does one thing when ETH reaches it
@dev `mode` 0: takes it. 1: refuses. 2: burns all gas. 3: refuses with a very long reason.
     4: calls `target` with `data`, tells how that ended in `succeeded`, and takes it.
"""
mode: public(uint256)
target: address
data: Bytes[2048]
tried: public(bool)
succeeded: public(bool)

@external
def set_mode(mode: uint256):
    self.mode = mode

@external
def arm(target: address, data: Bytes[2048]):
    self.mode = 4
    self.target = target
    self.data = data

@external
@payable
def __default__():
    if self.mode == 1:
        raise "not wanted"
    elif self.mode == 2:
        raise UNREACHABLE
    elif self.mode == 3:
        raw_revert(abi_encode(empty(bytes32[3000])))
    elif self.mode == 4:
        self.tried = True
        self.succeeded = raw_call(self.target, self.data, revert_on_failure=False)
