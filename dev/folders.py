"""Where things of one checkout lie: all of it under `.assize/`, nothing in the home folder.

.assize/tools/             downloaded once (the EVM node, a browser for tests)
.assize/run-<name>-<pid>/  one run: data, logs; a lock in it says that the run lives
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dev.problem import Problem

ROOT = Path(__file__).resolve().parent.parent
PRIVATE = ROOT / ".assize"
TOOLS = PRIVATE / "tools"
OUTSIDE_PREFIX = "assize-"


@contextmanager
def locked(name: str) -> Iterator[None]:
    """Hold one of the checkout's locks; two runs at once wait for each other here."""
    try:
        PRIVATE.mkdir(exist_ok=True)
        handle = open(PRIVATE / f"{name}.lock", "w")  # noqa: SIM115
    except PermissionError as problem:
        raise Problem(
            f"{PRIVATE} belongs to somebody else ({problem.strerror}); remove it or become them"
        ) from problem
    with handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


class RunFolder:
    """The folder of one run. Its lock is freed by the kernel, however the run ends."""

    def __init__(self, name: str) -> None:
        with locked("runs"):
            _remove_dead_runs()
            self.path = PRIVATE / f"run-{name}-{os.getpid()}"
            self.path.mkdir(mode=0o755)
            self._lock = open(self.path / "lock", "w")  # noqa: SIM115
            fcntl.flock(self._lock, fcntl.LOCK_EX)
        self.logs = self.path / "logs"
        self.logs.mkdir()

    def folder(self, name: str) -> Path:
        """An empty folder of this run, for one purpose."""
        path = self.path / name
        path.mkdir(mode=0o700)
        return path

    def outside_folder(self) -> Path:
        """A temporary folder that others may pass through; noted, so that a later run removes it if we cannot."""
        path = Path(tempfile.mkdtemp(prefix=OUTSIDE_PREFIX))
        with open(self.path / "outside", "a") as notes:
            notes.write(f"{path}\n")
        path.chmod(0o755)
        return path

    def close(self) -> None:
        """Remove all but the logs, which stay readable until the next run starts."""
        _remove_outside(self.path)
        for entry in self.path.iterdir():
            if entry.is_dir() and entry != self.logs:
                shutil.rmtree(entry, ignore_errors=True)
        self._lock.close()


def live_runs() -> list[Path]:
    """Folders of runs that are up, the newest first."""
    runs = [folder for folder in PRIVATE.glob("run-*") if not _is_dead(folder)]
    return sorted(runs, key=lambda folder: folder.stat().st_ctime, reverse=True)


def _remove_dead_runs() -> None:
    for folder in PRIVATE.glob("run-*"):
        if _is_dead(folder):
            _remove_outside(folder)
            shutil.rmtree(folder, ignore_errors=True)


def _is_dead(folder: Path) -> bool:
    """Does nobody hold its lock? Asked under the lock "runs", or of folders that are not removed meanwhile."""
    with open(folder / "lock", "a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def _remove_outside(folder: Path) -> None:
    notes = folder / "outside"
    for line in notes.read_text().splitlines() if notes.exists() else []:
        if _is_ours(Path(line)):
            shutil.rmtree(line, ignore_errors=True)


def _is_ours(path: Path) -> bool:
    """A note is only words in a file: remove nothing but a folder that `outside_folder` could have made."""
    if path.parent != Path(tempfile.gettempdir()) or not path.name.startswith(OUTSIDE_PREFIX):
        return False
    return path.is_dir() and not path.is_symlink() and path.stat().st_uid == os.geteuid()
