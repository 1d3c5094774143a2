"""docs/life-cycle.md says what protocol/stages.py says."""

from pathlib import Path

from protocol.stages_page import page

PAGE = Path(__file__).resolve().parents[2] / "docs" / "life-cycle.md"


def test_life_cycle_page__made_again__is_up_to_date() -> None:
    assert PAGE.read_text() == page(), "run: python -m protocol.stages_page > docs/life-cycle.md"
