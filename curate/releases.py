"""Earlier releases that a corpus step looks at: which files they are, and their part in the step's rounds.

A release is an artefact of `curate` (its folder, or a pipeline's output folder: the newest of its one stage), or any
Parquet files with a column `text`, such as a dataset on the Hub. Its documents take part in a step's rounds as tasks
behind those of the stage; verdicts on them are not applied to anything.
"""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq

from curate import intake, manifest, storage
from curate.accounting import blamed
from curate.documents import BASE, conform
from curate.errors import ConfigError
from curate.frames import BATCH_BYTES, weight
from curate.outcomes import Report, finish
from curate.private import Private
from curate.rounds import Evidence, rows_of, verdict_for
from curate.step import Corpus, StepUse, attach


@dataclass(frozen=True)
class Piece:
    """A file of a release. Of an index: the number of its first row, and the files of `data/`, whose rows stand in the
    same order, with their rows."""

    release: str
    path: str
    first: int = 0
    hidden: bool = False  # ids and keys say nothing: private data were taken out
    data: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class Release:
    """An earlier release: its name (an artefact's folder, else the address), its files, what changes when it does."""

    name: str
    artefact: bool
    pieces: tuple[Piece, ...]
    bytes: int  # uncompressed, estimated
    identity: tuple[Any, ...]

    @property
    def files(self) -> tuple[str, ...]:
        """Addresses of its files."""
        return tuple(piece.path for piece in self.pieces)


def resolve(address: str, table: str) -> Release:
    """The files of the release at `address`: those of the evidence table `table` where the artefact has it, else data.

    Raises:
        ConfigError: nothing is there, or it is no release.
    """
    address = address.rstrip("/")
    try:
        made = any(storage.exists(f"{address}/{name}") for name in ("manifest.json", "latest.json"))
        listed = [] if made else storage.listing([address])
    except Exception as error:  # clients of remote stores have families of their own
        raise ConfigError(f"against {address}: {error}") from error
    if made:
        stages = (
            [] if storage.exists(f"{address}/manifest.json") else sorted(manifest.latest(address).values())
        )
        if len(stages) > 1:
            raise ConfigError(
                f"against {address} holds several stages: name one of {', '.join(stages)} in it"
            )
        folder, found = manifest.find(address)
        tables = found["outputs"].get("evidence", {})
        part, entries = (
            (f"evidence/{table}", tables[table]) if table in tables else ("data", found["outputs"]["data"])
        )
        size = sum(entry["raw_bytes"] for entry in entries)
        identity: tuple[Any, ...] = (found["fingerprint"], part)
        pieces = _pieces(folder, found["outputs"]["data"], part, entries, "private_key" in found)
        return Release(folder, True, pieces, size, identity)
    if artefacts := [f.name.rpartition("/")[0] for f in listed if f.name.endswith("/manifest.json")]:
        told = ", ".join(artefacts[:5])
        raise ConfigError(
            f"against {address} holds {len(artefacts)} artefacts ({told}): name those that are meant"
        )
    stored = [f for f in listed if f.name.endswith(".parquet")]
    if not stored:
        raise ConfigError(
            f"against {address}: neither an artefact (manifest.json), nor a pipeline's output folder "
            f"(latest.json), nor Parquet files"
        )
    identity = tuple((f.name, f.size, f.stamp) for f in stored)
    pieces = tuple(Piece(address, f.path) for f in stored)
    return Release(address, False, pieces, 3 * sum(f.size for f in stored), identity)


def _pieces(
    folder: str, data: list[dict[str, Any]], part: str, entries: list[dict[str, Any]], hidden: bool
) -> tuple[Piece, ...]:
    """The files of a part of an artefact; with those of `data/` where the part has a row for each of its documents."""
    rows = [entry["rows"] for entry in entries]
    documents = tuple((f"{folder}/data/{entry['path']}", entry["rows"]) for entry in data)
    beside = documents if part != "data" and sum(rows) == sum(n for _, n in documents) else ()
    firsts = itertools.accumulate(rows, initial=0)
    return tuple(
        Piece(folder, f"{folder}/{part}/{entry['path']}", first, hidden, beside)
        for entry, first in zip(entries, firsts)
    )


def texts(data: tuple[tuple[str, int], ...], rows: list[int]) -> pl.DataFrame:
    """`id` and `text` of the rows of `data/` with these numbers, in ascending order; only their row groups are read."""
    found = [pl.DataFrame(schema={"id": pl.String, "text": pl.String})]
    start = at = 0
    for path, height in data:
        end = start + height
        if at < len(rows) and rows[at] < end:
            with storage.open_file(path) as handle, closing(pq.ParquetFile(handle)) as parquet:
                if not {"id", "text"} <= set(parquet.schema_arrow.names):
                    return found[0]
                for group in range(parquet.num_row_groups):
                    stop = start + parquet.metadata.row_group(group).num_rows
                    until = bisect.bisect_left(rows, stop, at)
                    here = [row - start for row in rows[at:until]]
                    if here:
                        taken = parquet.read_row_group(group, columns=["id", "text"]).take(here)
                        found.append(pl.DataFrame(pl.from_arrow(taken)))
                    start, at = stop, until
        start = end
    return pl.concat(found)


def releases(use: StepUse) -> list[Release]:
    """The releases that a step's parameters name, in order; none of a step that is no corpus step."""
    if not use.step.corpus:
        return []
    corpus: Corpus = use.step.func(**use.params)
    return [resolve(address, f"{use.name}/{corpus.index}") for address in corpus.against]


def read(file: str) -> Iterator[pl.DataFrame]:
    """The rows of a Parquet file in batches of bounded bytes; documents get the base columns that they lack.

    Raises:
        ConfigError: it is damaged, or holds neither an index nor texts.
    """
    try:
        with storage.open_file(file) as handle, closing(pq.ParquetFile(handle)) as parquet:
            start = 0
            for group in range(parquet.num_row_groups):
                frame = pl.from_arrow(parquet.read_row_group(group))
                assert isinstance(frame, pl.DataFrame)
                if "id" not in frame.columns and frame.height:
                    rows = pl.int_range(start, start + frame.height).cast(pl.String)
                    frame = frame.with_columns(id=pl.concat_str(pl.lit(f"{Path(file).name}#"), rows))
                start += frame.height
                texts = [pl.col(c).cast(pl.String) for c in BASE if c in frame.columns]  # ids may be numbers
                bare = [pl.lit(None, pl.String).alias("source")] if "source" not in frame.columns else []
                frame = frame.with_columns(*texts, *bare)  # a source that is made up would tell keys apart
                documents = frame if "signature" in frame.columns else conform(frame)
                yield from documents.iter_slices(
                    max(1, documents.height * BATCH_BYTES // (weight(documents) + 1))
                )
    except (OSError, ValueError, pl.exceptions.PolarsError) as error:
        raise ConfigError(f"against {file}: {str(error).partition(chr(10))[0]}") from error


@dataclass(frozen=True)
class RecallJob:
    """Evidence of earlier documents in one round: one task per file, numbered behind the stage's tasks."""

    folder: Path
    number: int
    use: StepUse
    files: tuple[Piece, ...]
    before: int  # how many tasks the stage has
    parts: int
    title: str = ""
    private: Private | None = None

    @property
    def tasks(self) -> int:
        """How many files there are."""
        return len(self.files)

    @property
    def outcomes(self) -> Path:
        """Where the tasks' outcomes are."""
        return self.folder / f"round{self.number}" / "recalling"

    def run(self, rank: int, report: Report) -> None:
        """Recall one file."""
        corpus: Corpus = self.use.step.func(**self.use.params)
        round_ = corpus.rounds[self.number]
        assert round_.recall is not None, f"{self.use.label} cannot look at earlier releases"
        piece = self.files[rank]
        task = self.before + rank
        wanted = verdict_for(corpus, self.folder, self.number - 1, task) if self.number else None
        evidence, start = Evidence(self.folder, self.number, task), 0
        if wanted is None or wanted.height:
            for batch in read(piece.path):
                here = None if wanted is None else rows_of(wanted, start, batch.height)
                if here is None or here.height:
                    evidence.add(self._recalled(round_.recall, batch, here, piece, start), batch, start)
                start += batch.height
                report(start, 0, 0)
        evidence.close(round_.by, self.parts)
        finish(self.outcomes, rank, {})

    def _recalled(
        self, recall: Any, batch: pl.DataFrame, wanted: pl.DataFrame | None, piece: Piece, start: int
    ) -> pl.DataFrame | None:
        with blamed(self.use.label, (), f"at a file of {piece.release}"):
            if wanted is not None and piece.data:
                rows = wanted["row"].to_list()
                found = texts(piece.data, [piece.first + start + row for row in rows])
                if found["id"].to_list() == batch["id"].gather(rows).to_list():
                    beside = found.select("text", row=wanted["row"].cast(pl.UInt32))
                    batch = attach(batch, beside)
            if self.private and not piece.hidden:
                batch = intake.hidden(batch, intake.Names.under(self.private))
            return recall(batch, wanted, piece.release)
