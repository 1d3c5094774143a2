# pragma version 0.4.3
"""
@title Holds P and N, and calls the series again when ETH reaches it
@dev `data` is the call that it tries while it is being paid; `answer` is how that ended.
"""
series: public(address)
data: Bytes[132]
tried: public(bool)
succeeded: public(bool)

@deploy
def __init__(series: address):
    self.series = series

@external
def arm(data: Bytes[132]):
    self.data = data
    self.tried = False
    self.succeeded = False

@external
@payable
def act(data: Bytes[132]):
    raw_call(self.series, data, value=msg.value)

@external
@payable
def __default__():
    if len(self.data) > 0:
        self.tried = True
        self.succeeded = raw_call(self.series, self.data, revert_on_failure=False)
