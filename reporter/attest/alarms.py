"""Alarms: said once each, in the log, in the metrics and, where one is set, to a command of the operator's."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable

from reporter.attest.config import AlarmConfig

MOST_AT_ONCE = 4
"""Commands that run side by side; a fifth alarm is logged, and its command waits for one of them."""


class Alarms:
    """`raised` holds the words of each alarm that stands, by what it is about; the same words are said once."""

    def __init__(self, say: Callable[[str], None], config: AlarmConfig | None = None) -> None:
        self.raised: dict[str, str] = {}
        self.count = 0
        self._say, self._config = say, config
        self._free = threading.BoundedSemaphore(MOST_AT_ONCE)
        self._calls: list[threading.Thread] = []

    def raise_(self, about: str, words: str) -> None:
        if self.raised.get(about) == words:
            return
        self.raised[about] = words
        self.count += 1
        self._say(f"ALARM {about}: {words}")
        if self._config:
            call = threading.Thread(target=self._call, args=(self._config, f"{about}: {words}\n"), daemon=True)
            self._calls = [each for each in self._calls if each.is_alive()] + [call]
            call.start()

    def clear(self, about: str) -> None:
        if self.raised.pop(about, None):
            self._say(f"no longer: {about}")

    def wait(self) -> None:
        """Until every command that was started has ended, each within its timeout."""
        for call in self._calls:
            call.join()

    def _call(self, config: AlarmConfig, words: str) -> None:
        with self._free:
            try:
                done = subprocess.run(
                    config.command, input=words.encode(), timeout=config.timeout, check=False,
                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                )  # fmt: skip
            except (OSError, subprocess.SubprocessError) as error:
                self._say(f"the alarm's command failed: {type(error).__name__}")
            else:
                if done.returncode:
                    self._say(f"the alarm's command ended with {done.returncode}")
