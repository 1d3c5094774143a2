"""Reality.eth 3.0: bonded answers; each further one doubles the bond. Its courts are others' contracts."""

from __future__ import annotations

import json
from typing import Any

from bench.peers.chain import ETHER, Bill, Build, Chain, package

PACKAGE = ("@reality.eth/contracts", "3.2.22")
TIMEOUT = 86_400
NOBODY = "0x" + "00" * 20
QUESTION = 'ETH/USD at 2026-12-25T08:00:00Z?\u241f"finance"\u241fen'
NUMBER = 1
"""Template: an answer that is a number."""
BOND = ETHER // 10


def undisputed(chain: Chain) -> Bill:
    """Asked, answered, claimed."""
    return _life(chain, answers=1)


def escalated(chain: Chain) -> Bill:
    """Asked, answered, contradicted twice, claimed by whoever was right."""
    return _life(chain, answers=3)


def _life(chain: Chain, answers: int) -> Bill:
    reality = _deploy(chain)
    ask = reality.functions.askQuestion(NUMBER, QUESTION, NOBODY, TIMEOUT, 0, 0)
    question = ask.call({"from": chain.accounts[0]})
    bill = Bill([("askQuestion", chain.send(ask))])
    history: list[tuple[bytes, Any, int, bytes]] = []
    for place in range(answers):
        answer, bond = (3_512 + place % 2).to_bytes(32, "big"), BOND << place
        before = reality.functions.getHistoryHash(question).call()
        history.insert(0, (before, chain.accounts[1 + place % 2], bond, answer))
        given = reality.functions.submitAnswer(question, answer, 0)
        bill.steps.append(("submitAnswer", chain.send(given, 1 + place % 2, bond)))
    chain.pass_time(TIMEOUT + 1)
    hashes, people, bonds, said = (list(column) for column in zip(*history, strict=True))
    claim = reality.functions.claimMultipleAndWithdrawBalance([question], [answers], hashes, people, bonds, said)
    bill.steps.append(("claimMultipleAndWithdrawBalance", chain.send(claim, 1)))
    return bill


def _deploy(chain: Chain) -> Any:
    files = package(*PACKAGE)
    abi = json.loads((files / "abi/solc-0.8.6/RealityETH-3.0.abi.json").read_text())
    return chain.deploy(Build(abi, (files / "bytecode/RealityETH-3.0.bin").read_text().strip()))
