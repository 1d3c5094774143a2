"""Starts children, watches them, and leaves none behind.

Four ways to end, one result: the work is done, Ctrl-C (or TERM, HUP), a child dies, or this process is killed. For the
last one the kernel sends each child its `death` signal (PR_SET_PDEATHSIG) when the thread that started it is gone.
"""

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from dev.problem import Problem

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)
PATIENCE_SECONDS = 10.0
_ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(BaseException):
    """Somebody asked us to stop. Not an Exception, so that no handler of errors swallows it."""

    def __init__(self, number: int) -> None:
        super().__init__(f"stopped by {signal.Signals(number).name}")
        self.number = number


@dataclass
class Child:
    """A running process, where it writes, and the signal that asks it to stop."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path
    end: signal.Signals

    def last_lines(self, count: int = 15) -> str:
        """The end of its log, indented."""
        lines = self.log.read_text(errors="replace").splitlines()[-count:]
        return "\n".join(f"    {line}" for line in lines) or "    (it wrote nothing)"


class Supervisor:
    """Use as a context manager: leaving it stops the children, the youngest first."""

    def __init__(self, logs: Path, *, owns_process: bool = True) -> None:
        """`owns_process=False` leaves signals to whoever runs us (pytest)."""
        self._logs = logs
        self._owns_process = owns_process
        self._children: list[Child] = []

    def __enter__(self) -> "Supervisor":
        if not self._owns_process:
            return self
        for number in _ENDINGS:
            signal.signal(number, _interrupt)
        if "MAKELEVEL" in os.environ:
            # make cannot tell us that it was killed; the kernel can.
            _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        return self

    def __exit__(self, *_: object) -> None:
        # Stopping is bounded in time; an impatient second Ctrl-C must not leave half of it undone.
        for number in _ENDINGS if self._owns_process else ():
            signal.signal(number, signal.SIG_IGN)
        while self._children:
            stop(self._children.pop())

    def start(
        self,
        name: str,
        argv: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        uid: int | None = None,
        end: signal.Signals = signal.SIGTERM,
        death: signal.Signals = signal.SIGKILL,
    ) -> Child:
        """Start a process in a session of its own (Ctrl-C reaches us alone), its output in <logs>/<name>.log."""
        log = self._logs / f"{name}.log"
        with open(log, "ab") as output:
            process = subprocess.Popen(
                argv,
                env=env,
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_die_with_parent(death),
                **as_user(uid),
            )
        child = Child(name, process, log, end)
        self._children.append(child)
        return child

    def check(self) -> None:
        """Raise Problem if any child is dead: nothing is restarted silently."""
        for child in self._children:
            code = child.process.poll()
            if code is not None:
                raise Problem(
                    f"{child.name} died ({_ending(code)}); the end of {child.log}:\n{child.last_lines()}"
                )

    def wait_until(self, ready: Callable[[], bool], what: str, seconds: float = 120) -> None:
        """Poll until ready; Problem when a child dies meanwhile or the time is over: a busy machine takes a minute."""
        deadline = time.monotonic() + seconds
        while not ready():
            self.check()
            if time.monotonic() > deadline:
                raise Problem(f"{what} was not ready within {seconds:.0f} s; see {self._logs}")
            time.sleep(0.05)

    def watch(self) -> None:
        """Stay until interrupted or until a child dies."""
        while True:
            self.check()
            time.sleep(0.2)

    def foreground(self, argv: Sequence[str], *, env: Mapping[str, str]) -> int:
        """Run a command on our terminal to its end; Ctrl-C reaches it too. Its exit code, or 128 + signal."""
        process = subprocess.Popen(argv, env=env, preexec_fn=_die_with_parent(signal.SIGKILL))
        try:
            while process.poll() is None:
                self.check()
                time.sleep(0.1)
        except Interrupted as interrupted:
            # The terminal's Ctrl-C reached the command as well; whatever else stops us reached us alone.
            if interrupted.number == signal.SIGINT:
                _wait(process, PATIENCE_SECONDS)
            return 128 + interrupted.number
        finally:
            if process.poll() is None:
                process.terminate()
                if not _wait(process, 5):
                    process.kill()
                    process.wait()
        return process.returncode if process.returncode >= 0 else 128 - process.returncode


def as_user(uid: int | None) -> dict[str, Any]:
    """Arguments for subprocess that give up root for this user; none where we are that user already."""
    if uid is None or uid == os.geteuid():
        return {}
    return {"user": uid, "group": _group_of(uid), "extra_groups": []}


def stop(child: Child) -> None:
    """Ask it to end, and KILL when patience ends; then whatever is left of its session."""
    if child.process.poll() is None:
        child.process.send_signal(child.end)
        _wait(child.process, PATIENCE_SECONDS)
    try:
        os.killpg(child.process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    child.process.wait()


def _wait(process: subprocess.Popen[bytes], seconds: float) -> bool:
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise Interrupted(number)


def _die_with_parent(death: signal.Signals) -> Callable[[], None]:
    parent = os.getpid()

    def prepare() -> None:
        # Runs after the change of user, which would clear the setting.
        _libc.prctl(_PR_SET_PDEATHSIG, death)
        if os.getppid() != parent:
            os._exit(1)

    return prepare


def _group_of(uid: int) -> int:
    import pwd

    try:
        return pwd.getpwuid(uid).pw_gid
    except KeyError:
        return uid


def _ending(code: int) -> str:
    return f"exit code {code}" if code >= 0 else f"killed by {signal.Signals(-code).name}"
