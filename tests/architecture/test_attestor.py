"""The attestor is a program of its own, and its page says what it measures."""

import re
import subprocess
import sys
from pathlib import Path

from reporter.attest.metrics import Metrics

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "attestors.md").read_text()


def test_reporter__all_loaded__brings_no_django_and_no_database() -> None:
    code = (
        "import pkgutil, importlib, reporter, sys\n"
        "for m in pkgutil.walk_packages(reporter.__path__, 'reporter.'):\n"
        "    if not m.name.endswith('__main__'): importlib.import_module(m.name)\n"
        "ours = ('assize', 'ledger', 'oracle', 'disputes', 'settlement', 'pages', 'contracts')\n"
        "print([m for m in ('django', 'psycopg', 'web3', 'celery', 'redis', *ours) if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, env={})
    assert done.stdout == "[]\n", done.stderr


def test_metrics__each__has_its_row_and_no_other() -> None:
    families = Metrics().registry.collect()
    measured = {each.name + ("_total" if each.type == "counter" else "") for each in families}
    explained = set(re.findall(r"^\| `(assize_attestor_\w+)` \|", PAGE, re.MULTILINE))
    assert measured
    assert explained == measured
