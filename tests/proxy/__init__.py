"""A proxy between us and a node that has faults: seeded, replayable, counted.

wire.py        HTTP on both sides; a request without an answer is a connection that is torn
plan.py        which request gets which fault, by seed; what was injected, to be printed and counted
transport.py   delays, torn connections, what is delivered twice, late, or out of order
corruption.py  answers that are no JSON-RPC
lies.py        answers that are JSON-RPC and wrong
rules.py       what a stricter node does: geth's 10 % for a replacement, finality that stalls
node.py        all of it before one node
"""
