"""Packing: every row once, in order, shards of even size."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from curate.shards import pack

BATCHES = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 5000)), max_size=12)


@given(BATCHES, st.integers(1, 4000))
def test_every_row_is_packed_once_and_in_order(batches: list[tuple[int, int]], shard_size: int) -> None:
    given_rows = [(Path(f"{i}"), i, rows, size) for i, (rows, size) in enumerate(batches)]
    shards = pack(given_rows, shard_size)
    packed = [(p.number, row) for shard in shards for p in shard for row in range(p.start, p.end)]
    assert packed == [(i, row) for i, (rows, _) in enumerate(batches) for row in range(rows)]
    assert all(shard for shard in shards)
    assert len(shards) <= max(1, -(-sum(size for _, size in batches) // shard_size))


def test_shards_are_even(tmp_path: Path) -> None:
    shards = pack([(tmp_path, i, 100, 10_000) for i in range(33)], 50_000)
    sizes = [sum(p.end - p.start for p in shard) for shard in shards]
    assert len(sizes) == 7 and max(sizes) - min(sizes) <= 1
