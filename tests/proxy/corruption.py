"""Answers that are no JSON-RPC: whoever reads them must take them for no answer at all (C-33)."""

from __future__ import annotations

import json
import random
from typing import Any

from tests.proxy.plan import Fault
from tests.proxy.wire import Reply

GARBAGE = (b"", b"<html>502 Bad Gateway</html>", b"\x00\xff\xfe", b"null", b"[]", b"{}", b"42", b'"ok"')
WRONG = (None, True, -1, "", "0x", "0xzz", [], {}, [[]], "latest", 1.5, {"number": []})


def corrupt(fault: Fault, answer: bytes, chance: random.Random) -> Reply:
    """The node's answer under one of the faults of CORRUPTION."""
    if fault is Fault.GARBAGE:
        return Reply(chance.choice(GARBAGE))
    if fault is Fault.TRUNCATED:
        return Reply(answer[: chance.randrange(len(answer))])
    if fault is Fault.BUSY:
        return Reply(
            b'{"jsonrpc":"2.0","id":null,"error":{"code":-32005,"message":"rate limit exceeded"}}', 429
        )
    told = json.loads(answer)
    each = chance.choice(told) if isinstance(told, list) else told
    if fault is Fault.WRONG_ID:
        each["id"] = _other(each.get("id"), chance)
    elif fault is Fault.WRONG_TYPE:
        each.pop("error", None)
        each["result"] = _other(each.get("result"), chance)
    else:
        raise ValueError(f"{fault} is no corruption")
    return Reply(json.dumps(told).encode())


def _other(right: Any, chance: random.Random) -> Any:
    """Something else, of whatever type; null is a right answer of some methods, so never where it was wrong before."""
    wrong = [value for value in WRONG if type(value) is not type(right)]
    return chance.choice([value for value in wrong if value is not None])
