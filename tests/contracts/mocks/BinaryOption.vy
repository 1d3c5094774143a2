# pragma version 0.4.3
"""
@title A binary option: pays its holder all or nothing
@notice Settles in ETH by a price feed of Assize. The writer funds it; the holder gets everything if the price at the
        expiry is at least the strike, else the writer gets it back.
"""

interface Feed:
    def latestRoundData() -> (uint80, int256, uint256, uint256, uint80): view

feed: public(immutable(address))
strike: public(immutable(uint256))      # in the feed's decimals
writer: public(immutable(address))
holder: public(immutable(address))
collateral: public(constant(address)) = empty(address)      # ETH

@deploy
@payable
def __init__(price_feed: address, option_strike: uint256, option_holder: address):
    assert price_feed.is_contract, "feed is no contract"
    feed = price_feed
    strike = option_strike
    holder = option_holder
    writer = msg.sender

@external
def settle():
    """
    @notice Pays whoever is right. Reverts with "no price yet" until the price is final.
    """
    answer: int256 = (staticcall Feed(feed).latestRoundData())[1]
    receiver: address = holder if answer >= convert(strike, int256) else writer
    send(receiver, self.balance)
