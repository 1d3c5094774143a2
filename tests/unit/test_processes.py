"""The table of what is kept running."""

import stat
from pathlib import Path

from dev import processes


def table(folder: Path) -> dict[str, processes.Process]:
    return {process.name: process for process in processes.running(8000, folder, "http://localhost:8545")}


def test_processes__the_key_that_pays__goes_to_the_worker_alone(tmp_path: Path) -> None:
    told = {name for name, process in table(tmp_path).items() if "PUBLISHER_KEY" in process.secrets}
    assert told == {"worker"}


def test_processes__files_they_write__lie_in_the_run_s_folder(tmp_path: Path) -> None:
    """Celery beat deletes a schedule file that it cannot read; as root it once took /dev/null away."""
    writing = {"--schedule", "--state-dir"}
    for process in table(tmp_path).values():
        words = process.command
        for option, value in zip(words, words[1:], strict=False):
            if option in writing:
                assert Path(value).is_relative_to(tmp_path)
        if process.name == "beat":
            assert "--schedule" in words


def test_processes__an_attestor_s_key__is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    table(tmp_path)
    modes = {stat.S_IMODE(file.stat().st_mode) for file in tmp_path.glob("attestor-*/key")}
    assert modes == {0o600}
