"""The commands. Each: a run folder, a supervisor, the services, and then what it is for."""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from dev import accounts, postgres, processes, sample, services
from dev.folders import ROOT, RunFolder
from dev.ports import free_port
from dev.problem import Problem
from dev.supervisor import Interrupted, Supervisor

WEB_PORT = 8000
PEOPLE = range(accounts.FIRST_PERSON, accounts.FIRST_PERSON + 3)
WEB_SECONDS = 120  # on a machine that does a lot besides
# On two cores; a file stays in one process, which has a database of its own.
WHOLE_SUITE = ["-n", "2", "--dist", "loadfile"]


@contextmanager
def stack(profile: services.Profile) -> Iterator[tuple[Supervisor, RunFolder, dict[str, str]]]:
    """The three services, up; on the way out everything is taken down again."""
    run = RunFolder(profile.name)
    try:
        with Supervisor(run.logs) as supervisor:
            yield supervisor, run, services.start(profile, supervisor, run)
    finally:
        run.close()


def start_all(profile: services.Profile, supervisor: Supervisor, run: RunFolder, env: dict[str, str]) -> str:
    """Migrate, deploy, start every process of the table; the URL of the web process once it answers."""
    services.note(run, env)
    prepare(profile, run, env)
    port = free_port(WEB_PORT)
    url = f"http://127.0.0.1:{port}"
    start_processes(supervisor, env, url, processes.running(port, run.path, env["RPC_URL"]))
    return url


def prepare(profile: services.Profile, run: RunFolder, env: dict[str, str]) -> None:
    """What is done once, before any process."""
    for step in processes.before(profile.cancel_seconds):
        log = run.logs / f"{step.name}.log"
        with open(log, "wb") as output:
            done = subprocess.run(
                step.command, env={**env, **step.secrets}, cwd=ROOT, stdout=output, stderr=output
            )
        if done.returncode:
            raise Problem(f"{step.name} failed; {log}:\n{log.read_text(errors='replace')[-2000:].rstrip()}")


def start_processes(supervisor: Supervisor, env: dict[str, str], url: str, table: Iterable[processes.Process]) -> None:
    """Start them in this order; the web process is waited for until it answers at `url`."""
    env = {**env, "PUBLIC_URL": os.environ.get("PUBLIC_URL") or url}
    for process in table:
        supervisor.start(process.name, process.command, env={**env, **process.secrets}, cwd=ROOT)
        if process.name == "web":
            supervisor.wait_until(lambda: _answers(url), "the web process", WEB_SECONDS)


def run(arguments: list[str]) -> int:
    """Everything, until Ctrl-C."""
    try:
        with stack(services.RUN) as (supervisor, folder, env):
            url = start_all(services.RUN, supervisor, folder, env)
            print(f"Assize    {url}/")
            print(f"desk      {url}/admin/; an account: python -m dev manage staff add NAME --role approver")
            print(f"schema    {url}/api/schema/")
            for name in ("DATABASE_URL", "REDIS_URL", "RPC_URL"):
                print(f"{name:9} {env[name]}")
            print(f"wallet    chain {env['CHAIN_ID']} at {env['RPC_URL']}; accounts {accounts.FIRST_PERSON} and up of")
            print(f"          \"{accounts.MNEMONIC}\" have ether there: import such a key, which everybody knows,")
            for index in PEOPLE:
                print(f"          {accounts.key(index)}  {accounts.address(index)}")
            print("empty     until an expiry is listed: make sample, or docs/operating/README.md, \"List an expiry\"")
            print(f"logs      {folder.logs.relative_to(ROOT)}\nCtrl-C stops all of it.", flush=True)
            supervisor.watch()
    except Interrupted:
        print("\nstopped")
    return 0


def demo(arguments: list[str]) -> int:
    """Everything, and one whole story told on it."""
    return _on_stack(
        services.DEMO,
        lambda supervisor, folder, env: supervisor.foreground(
            [sys.executable, "-m", "demo", *arguments],
            env={**env, "ASSIZE_URL": start_all(services.DEMO, supervisor, folder, env)},
        ),
    )


def test(arguments: list[str]) -> int:
    """pytest with services of its own."""
    return _on_stack(
        services.TEST,
        lambda supervisor, folder, env: supervisor.foreground(
            [sys.executable, "-m", "pytest", *(arguments or WHOLE_SUITE)], env=env
        ),
    )


def bench(arguments: list[str]) -> int:
    """The figures that the documents quote."""
    return _on_stack(
        services.BENCH,
        lambda supervisor, folder, env: supervisor.foreground(
            [sys.executable, "-m", "bench", *arguments], env=env
        ),
    )


def soak(arguments: list[str]) -> int:
    """Settlement under thousands of faults, then at rest (docs/faults.md)."""
    return _on_stack(
        services.SOAK,
        lambda supervisor, folder, env: supervisor.foreground(
            [sys.executable, "-m", "tests.soak.program", *arguments], env=env
        ),
    )


def manage(arguments: list[str]) -> int:
    """manage.py in the environment of the stack that `make run` has up, else in the environment as it is."""
    env = services.recall()
    if env is None:
        print("dev: no stack is running here (make run); using the environment as it is", file=sys.stderr)
        env = dict(os.environ)
    else:
        env = {**env, **services.signer()}
        if "DATABASE_URL" not in os.environ:  # the server is ours, so pg_dump should be, too
            env["PATH"] = f"{postgres.program_folder()}{os.pathsep}{env['PATH']}"
    return subprocess.run([*processes.MANAGE, *arguments], env=env, cwd=ROOT).returncode


def sample_expiry(arguments: list[str]) -> int:
    """An expiry with short windows and three series, in the stack that `make run` has up."""
    if services.recall() is None:
        raise Problem("no stack is running here: start one with `make run`, and say `make sample` beside it")
    now = int(time.time())
    name, steps = sample.steps(now)
    for step in steps:
        if code := manage(step):
            return code
    print(sample.told(name, now))
    return 0


COMMANDS: dict[str, Callable[[list[str]], int]] = {
    "run": run,
    "demo": demo,
    "test": test,
    "bench": bench,
    "soak": soak,
    "manage": manage,
    "sample": sample_expiry,
}


def _on_stack(profile: services.Profile, work: Callable[[Supervisor, RunFolder, dict[str, str]], int]) -> int:
    try:
        with stack(profile) as (supervisor, folder, env):
            return work(supervisor, folder, env)
    except Interrupted as interrupted:
        return 128 + interrupted.number


def _answers(url: str) -> bool:
    """Not whether it is ready: in an old database deadlines wait for the worker, which comes after it."""
    try:
        with urllib.request.urlopen(f"{url}/healthz", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
