"""From records to batches of documents."""

from __future__ import annotations

from collections.abc import Iterator

from curate.intake import Taken, batches
from curate.readers import Failure, Record, Slice
from curate.source import Source


def test_a_limit_begins_no_file_after_it_is_met() -> None:
    source, taken = Source(name="a", path="x", limit=3), Taken()  # type: ignore[call-arg]
    begun: list[str] = []

    def items(name: str) -> Iterator[Record | Failure]:
        begun.append(name)
        yield Record("0", {"text": f"{name} one"})
        yield Failure("1", "malformed", "no JSON")

    pieces = ((Slice(name, name, 1), items(name)) for name in "abcd")
    (batch,) = batches(pieces, source, taken, 1000)
    assert batch["id"].to_list() == ["a/a#0", "a/b#0"]
    assert (taken.read, taken.failed, begun) == (3, {"malformed": 1}, ["a", "b"])


def test_batches_of_tiny_documents_and_of_large_metadata_are_bounded_too() -> None:
    """What counts is what a batch holds, not its text alone."""
    source = Source.model_validate({"name": "a", "path": "x"})
    piece = Slice("x", "x", 0)

    def heights(fields: dict[str, str], n: int) -> list[int]:
        records = (Record(str(i), dict(fields)) for i in range(n))
        taken = Taken()
        made = [batch.height for batch in batches([(piece, records)], source, taken, 100_000)]
        assert sum(made) == taken.read == n and taken.characters == n * len(fields["text"])
        return made

    assert max(heights({"text": "tiny"}, 1000)) < 200
    assert max(heights({"text": "tiny", "note": "x" * 30_000}, 20)) == 4
