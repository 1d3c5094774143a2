"""The only writers of the oracle's tables. Each public function is one transaction under the book's lock.

acts.take_act        any signed act: judged, locked in the ledger, appended, answered with a receipt
time.pass_time       what is due by now: deadlines, unbonding, outages
time.beat            the signed sign of life
opening.open_expiry  `Opened`, with the value secured that settlement has read from the chain
funding              deposits and claims, as the escrow's logs say
listing              indices and expiries
"""
