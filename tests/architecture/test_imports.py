"""The direction of imports (DESIGN 2), as pyproject.toml states it."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_imports__all_contracts__kept(tmp_path: Path) -> None:
    linter = Path(sys.prefix) / "bin" / "lint-imports"
    done = subprocess.run(
        [str(linter), "--cache-dir", str(tmp_path)], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_protocol__imported_alone__brings_no_django() -> None:
    code = (
        "import pkgutil, importlib, protocol, sys\n"
        "for m in pkgutil.iter_modules(protocol.__path__):\n"
        "    if m.name != '__main__': importlib.import_module('protocol.' + m.name)\n"
        "print([m for m in ('django', 'web3', 'celery', 'requests') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, env={})
    assert done.stdout == "[]\n", done.stderr


def test_web_process__all_loaded__deep_json_stays_an_error() -> None:
    """web3 brings py-ecc, which raises the recursion limit to 100,000: then `[[[[...` ends the process."""
    code = "import assize.wsgi, sys; from django.urls import resolve; resolve('/api/schema/')\n"
    code += "print(sys.getrecursionlimit() <= 1000)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout == "True\n", done.stderr
