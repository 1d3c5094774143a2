"""Who signs the publisher's transactions, and what they may say.

signer.py       what a signer is; signed bytes are read back before they are believed
local.py        a key in this process: out of an encrypted keystore file, or of the environment (development)
web3signer.py   a key in another program, asked over JSON-RPC
configured.py   the one that the settings name
policy.py       the rules that each transaction must pass first

A signer is asked through settlement/services/authorizing.py, which takes a purpose, never a call.
"""
