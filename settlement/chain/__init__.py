"""The EVM chain. Nothing else in the product imports web3.

errors.py      what can go wrong, translated once from the library's and the node's words
transport.py   JSON-RPC whose answers belong to their questions
client.py      a node: blocks, logs, fees, broadcast, receipts
contracts.py   the price oracle, the factory and the series: what they say and what can be asked of them
feeds.py       price feeds and their factory
many.py        many views in few requests
wallet.py      send at once and wait: for deployment and tests, never for a publication
"""
