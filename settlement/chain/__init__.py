"""The EVM chain. Nothing else in the product imports web3.

errors.py      what can go wrong, translated once from the library's and the node's words
transport.py   JSON-RPC whose answers belong to their questions
provider.py    one of several nodes: many questions in one request, transactions handed over
readings.py    what their JSON says, in our types
providers.py   all of them, of which a quorum must give the same answer
client.py      a node alone: blocks, gas, fees; and with it all of them
contracts.py   the price oracle, the factory and the series: the calls that can be made, and what one node says of them
feeds.py       price feeds and their factory
escrow.py      the escrow: its calls, and its roots as a quorum has them
views.py       what views answer in one block, by a quorum
quorum.py      the price oracle and the series as a quorum has them: whatever decides something
series_logs.py created, split, merged, redeemed: what final blocks say, by a quorum
wallet.py      send at once and wait: for deployment and tests, never for a publication
"""

import sys

import web3  # noqa: F401

PYTHONS_RECURSION_LIMIT = 1000

# web3 brings py-ecc, which raises the limit to 100,000 when it is loaded: then JSON that is deep enough, from a node
# that means ill, ends the process instead of being no answer (decision 20).
sys.setrecursionlimit(min(sys.getrecursionlimit(), PYTHONS_RECURSION_LIMIT))
