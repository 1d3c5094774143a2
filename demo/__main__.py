"""`make demo`: one real expiry, from bonded reports through a dispute to redeemed P and N. Exits 0 only if all held."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from demo import court, ending, listing, reporting, series
from demo.story import Story
from demo.tell import Failed, say


def main() -> int:
    """Tell the story on the stack that `python -m dev demo` has started."""
    with tempfile.TemporaryDirectory(prefix="assize-demo-") as folder:
        story = Story(os.environ["ASSIZE_URL"], os.environ["RPC_URL"], Path(folder))
        try:
            for part in (listing, series, reporting, court, ending):
                part.tell(story)
        except Failed as failure:
            say(f"FAILED: {failure}")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
