"""Whoever adds an address says how it is asked: by `make bench` and by tests/web/test_queries.py."""

from bench.addresses import LEFT_OUT, READS, patterns


def test_addresses__every_pattern_of_the_site__is_asked_or_left_out_with_a_reason() -> None:
    assert not set(READS) & set(LEFT_OUT)
    assert set(patterns()) == set(READS) | set(LEFT_OUT)
    assert all(READS.values())
    assert all(LEFT_OUT.values())
