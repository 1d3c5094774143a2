"""The soak: settlement under thousands of faults, and at rest afterwards. `python -m dev soak`; docs/faults.md.

crash.py        dying before and after every commit and every external call; which of these there are
chain.py        a chain of one's own, mined by the schedule, with reorganisations and other people's transactions
scenarios.py    C-21 to C-33: what each makes more frequent
story.py        what people, attestors, guardians and strangers do meanwhile
invariants.py   what must hold once faults have stopped
run.py          one seed, from deployed contracts to rest
program.py      many seeds, until enough faults were injected
"""
