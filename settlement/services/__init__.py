"""The only writers of settlement's tables. The chain is read first, outside of any database transaction.

opening.open_due       expiries whose time has come: the value secured is read, then `Opened`
series.list_series     a grid of strikes, in batches of one transaction of the factory each
feeds.create_feed      an expiry's price feed
foreign.import_series  a contract of somebody else that settles by an expiry of ours
series_index           what every series has split, merged and redeemed, from final blocks
proposing.propose      final prices without a publication become one
signing                attestors' signatures and refusals
publishing.publish     signed publications become transactions, are followed, and become final
sending                an operator's transaction, carried to its block: what series and feeds share
transactions           sign, store, send, follow: what publishing and listing share
"""
