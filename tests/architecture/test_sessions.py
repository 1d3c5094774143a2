"""What the code keeps in a database session, for docs/operating/scaling.md: PgBouncer's transactions do not keep it."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
APPS = ("assize", "operators", "ledger", "oracle", "evidence", "disputes", "settlement", "pages", "alerts", "desk")
OF_A_SESSION = (
    r"\.iterator\(|pg_(try_)?advisory_(un)?lock\b|\bLISTEN\b|\bSET SESSION\b"
    r"|set_config\([^)]*false\)|TEMP(ORARY)? TABLE"
)
NOT_IN_WEB = {
    "alerts/services/sending.py",  # a lock while the worker sends
    "oracle/check.py",  # what book_check and backup_verify do
}


def test_session_state__is_where_the_page_on_scaling_says__and_in_no_web_process() -> None:
    found = {
        str(path.relative_to(ROOT))
        for app in APPS
        for path in (ROOT / app).rglob("*.py")
        if not {"migrations", "management"} & set(path.parts) and re.search(OF_A_SESSION, path.read_text())
    }
    assert found == NOT_IN_WEB
