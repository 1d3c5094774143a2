"""How a command ends without a result."""

from __future__ import annotations


class Stop(Exception):
    """Nothing more can be done here; the text is one line that says why, and what to do."""
