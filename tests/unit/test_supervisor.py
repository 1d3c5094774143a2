"""What starts the services leaves nothing behind, however it ends."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from dev.problem import Problem
from dev.supervisor import Supervisor

ROOT = Path(__file__).resolve().parents[2]
SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
# A supervisor with one child; it prints the child's pid.
FAMILY = """
import sys
from pathlib import Path
from dev.supervisor import Interrupted, Supervisor
try:
    with Supervisor(Path(sys.argv[1])) as supervisor:
        child = supervisor.start("child", [sys.executable, "-c", "import time; time.sleep(60)"])
        print(child.process.pid, flush=True)
        supervisor.watch()
except Interrupted:
    print("stopped", flush=True)
"""


def alive(pid: int) -> bool:
    """Does it run? A zombie waits for whoever inherited it, and does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def eventually(holds: Callable[[], bool], seconds: float = 5) -> bool:
    deadline = time.monotonic() + seconds
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.02)
    return holds()


def family(logs: Path) -> tuple[subprocess.Popen[str], int]:
    supervisor = subprocess.Popen(
        [sys.executable, "-c", FAMILY, str(logs)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert supervisor.stdout is not None
    return supervisor, int(supervisor.stdout.readline())


@pytest.fixture(autouse=True)
def same_signals() -> object:
    """A Supervisor in this process sets handlers; give pytest its own back."""
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


def test_supervisor__killed__takes_its_children_along(tmp_path: Path) -> None:
    supervisor, child = family(tmp_path)
    assert alive(child)
    supervisor.kill()
    supervisor.wait()
    assert eventually(lambda: not alive(child))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_supervisor__asked_to_stop__stops_its_children_first(tmp_path: Path, number: int) -> None:
    supervisor, child = family(tmp_path)
    supervisor.send_signal(number)
    out, _ = supervisor.communicate(timeout=10)
    assert (out, supervisor.returncode) == ("stopped\n", 0)
    assert not alive(child)


def test_supervisor__a_child_dies__says_which_and_shows_its_last_lines(tmp_path: Path) -> None:
    with Supervisor(tmp_path) as supervisor:
        other = supervisor.start("sleeper", SLEEP)
        supervisor.start("breaker", [sys.executable, "-c", "import sys; sys.exit('the disk is full')"])
        with pytest.raises(Problem, match=r"breaker died \(exit code 1\)[^\n]*\n    the disk is full"):
            supervisor.watch()
    assert not alive(other.process.pid)


def test_supervisor__a_child_that_ignores_term__is_killed_with_its_children(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dev.supervisor.PATIENCE_SECONDS", 0.2)
    stubborn = "trap '' TERM; sleep 60 & echo $!; wait; sleep 60"
    with Supervisor(tmp_path) as supervisor:
        child = supervisor.start("stubborn", ["/bin/sh", "-c", stubborn])
        assert eventually(lambda: child.log.read_text().strip() != "")
        grandchild = int(child.log.read_text())
    assert not alive(child.process.pid)
    assert eventually(lambda: not alive(grandchild))


def test_wait_until__never_ready__says_what_was_not(tmp_path: Path) -> None:
    with (
        Supervisor(tmp_path) as supervisor,
        pytest.raises(Problem, match="the lift was not ready within 0 s"),
    ):
        supervisor.wait_until(lambda: False, "the lift", seconds=0.1)


def test_foreground__exit_code__is_the_command_s(tmp_path: Path) -> None:
    with Supervisor(tmp_path) as supervisor:
        assert supervisor.foreground(["/bin/sh", "-c", "exit 7"], env=dict(os.environ)) == 7


def test_foreground__a_service_dies_meanwhile__the_command_is_ended(tmp_path: Path) -> None:
    with Supervisor(tmp_path) as supervisor:
        supervisor.start("service", ["/bin/sh", "-c", "sleep 0.3; exit 3"])
        with pytest.raises(Problem, match=r"service died \(exit code 3\)"):
            supervisor.foreground(SLEEP, env=dict(os.environ))


def test_foreground__we_are_terminated__the_command_is_ended_at_once(tmp_path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from dev.supervisor import Supervisor\n"
        "with Supervisor(Path(sys.argv[1])) as supervisor:\n"
        "    sleep = 'import os, time; print(os.getpid(), flush=True); time.sleep(60)'\n"
        "    sys.exit(supervisor.foreground([sys.executable, '-c', sleep], env=dict(os.environ)))"
    )
    outer = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert outer.stdout is not None
    command = int(outer.stdout.readline())
    outer.terminate()
    assert outer.wait(5) == 128 + signal.SIGTERM
    assert not alive(command)
