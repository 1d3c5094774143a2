"""What evidence gives the compare strip."""

from pages.papers import SOURCES, lines_of


def test_lines__two_documents_contradict_each_other__the_first_counts_and_it_is_said() -> None:
    heavy, light = [(1, "a", 10), (2, "a", 11)], [(1, "a", 99), (2, "a", 11), (3, "a", 12), (1, "b", 5)]
    lines, denied = lines_of([heavy, light])
    assert [(line.name, line.points) for line in lines] == [("a", [(1, 10), (2, 11), (3, 12)]), ("b", [(1, 5)])]
    assert denied == 1


def test_lines__more_sources_than_styles__the_first_are_drawn() -> None:
    lines, _ = lines_of([[(1, f"source {n}", 10) for n in range(SOURCES + 3)]])
    assert [line.name for line in lines] == [f"source {n}" for n in range(SOURCES)]
