"""Run folders: two runs at once do not meet, and a dead run's remains are removed by the next one."""

from pathlib import Path

import pytest

from dev import folders


@pytest.fixture(autouse=True)
def private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "private"
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(folders, "PRIVATE", place)
    return place


def test_run_folder__of_a_dead_run__removed_with_what_it_had_elsewhere(private: Path, tmp_path: Path) -> None:
    dead, elsewhere = private / "run-test-1", tmp_path / "assize-1"
    (dead / "postgres").mkdir(parents=True)
    (dead / "lock").touch()
    elsewhere.mkdir()
    (dead / "outside").write_text(f"{elsewhere}\n")
    folders.RunFolder("test")
    assert not dead.exists()
    assert not elsewhere.exists()


def test_run_folder__of_a_living_run__is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    first = folders.RunFolder("run")
    monkeypatch.setattr("os.getpid", lambda: 1)
    second = folders.RunFolder("run")
    assert first.logs.is_dir()
    assert folders.live_runs() == [second.path, first.path]


def test_run_folder__closed__keeps_only_its_logs() -> None:
    run = folders.RunFolder("run")
    elsewhere = run.outside_folder()
    (run.path / "postgres").mkdir()
    run.close()
    assert sorted(entry.name for entry in run.path.iterdir() if entry.is_dir()) == ["logs"]
    assert not elsewhere.exists()
    assert folders.live_runs() == []


def test_run_folder__a_note_that_names_what_is_not_ours__removes_nothing(
    private: Path, tmp_path: Path
) -> None:
    """Somebody who may write here could name any folder, and root would remove it."""
    dead, home, link = private / "run-test-1", tmp_path / "home", tmp_path / "assize-link"
    deep = home / "assize-2"
    deep.mkdir(parents=True)
    link.symlink_to(home)
    dead.mkdir(parents=True)
    (dead / "lock").touch()
    (dead / "outside").write_text(f"{home}\n{deep}\n{link}\n/\n")
    folders.RunFolder("test")
    assert deep.is_dir()
    assert link.is_symlink()
