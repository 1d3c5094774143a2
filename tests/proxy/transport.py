"""What the wire does: late, twice, out of order, or not at all. `deliver` asks the node; None tears the connection."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable

from tests.proxy.plan import Fault
from tests.proxy.wire import Reply

LONGEST_DELAY_SECONDS = 0.02

Deliver = Callable[[bytes], bytes]


class Transport:
    """The faults of one node's wire; it keeps what is to be delivered late."""

    def __init__(self, deliver: Deliver) -> None:
        self._deliver = deliver
        self._late: list[bytes] = []

    def pass_on(self, body: bytes) -> bytes:
        """Ask the node, and afterwards deliver what has waited for that."""
        answer = self._deliver(body)
        while self._late:
            self._deliver(self._late.pop(0))
        return answer

    def inject(self, fault: Fault, body: bytes, chance: random.Random) -> Reply | None:
        """One request under one of the faults of TRANSPORT."""
        if fault is Fault.DELAY:
            time.sleep(chance.uniform(0, LONGEST_DELAY_SECONDS))
            return Reply(self.pass_on(body))
        if fault is Fault.DROP_BEFORE:
            return None
        if fault is Fault.DROP_AFTER:
            self.pass_on(body)
            return None
        if fault is Fault.DUPLICATE:
            first = self.pass_on(body)
            second = self.pass_on(body)
            return Reply(chance.choice([first, second]))
        if fault is Fault.LATE:
            self._late.append(body)
            return None
        if fault is Fault.SHUFFLE:
            answers = json.loads(self.pass_on(body))
            chance.shuffle(answers)
            return Reply(json.dumps(answers).encode())
        raise ValueError(f"{fault} is none of the wire's")
