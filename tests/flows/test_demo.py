"""`make demo`, as a newcomer runs it, on services of its own."""

import os
import subprocess
import sys

from dev.folders import ROOT

# A person's shell, not the stack that this test runs on.
KEPT = "PATH", "HOME", "USER", "TMPDIR", "LANG", "LC_ALL"
PATIENCE_S = 1_800


def test_demo__a_whole_story__exits_0_and_says_what_came_of_it() -> None:
    env = {name: os.environ[name] for name in KEPT if name in os.environ}
    done = subprocess.run(
        [sys.executable, "-m", "dev", "demo"],
        cwd=ROOT, env=env, capture_output=True, text=True, timeout=PATIENCE_S, check=False,
    )  # fmt: skip
    told = done.stdout + done.stderr
    assert done.returncode == 0, told[-6_000:]
    for words in ("FINAL by vote", "conserved", "exactly what is still owed", "verify: PASS"):
        assert words in told, told[-6_000:]
