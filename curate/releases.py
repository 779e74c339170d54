"""Earlier releases that a corpus step looks at: which files they are, and their part in the step's rounds.

A release is an artefact of `curate` (its folder, or a pipeline's output folder: the newest of its one stage), or any
Parquet files with a column `text`, such as a dataset on the Hub. Its documents take part in a step's rounds as tasks
behind those of the stage; verdicts on them are not applied to anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq

from curate import manifest, storage
from curate.documents import conform
from curate.errors import ConfigError
from curate.frames import BATCH_BYTES, weight
from curate.outcomes import Report, finish
from curate.rounds import Evidence, rows_of, verdict_for
from curate.step import Corpus, StepUse


@dataclass(frozen=True)
class Release:
    """An earlier release by the address that names it: its files, and what changes when it does."""

    address: str
    files: tuple[str, ...]
    bytes: int  # uncompressed, estimated
    identity: tuple[Any, ...]


def resolve(address: str, table: str) -> Release:
    """The files of the release at `address`: those of the evidence table `table` where the artefact has it, else data.

    Raises:
        ConfigError: nothing is there, or it is no release.
    """
    address = address.rstrip("/")
    if storage.exists(f"{address}/manifest.json") or storage.exists(f"{address}/latest.json"):
        folder, found = manifest.find(address)
        tables = found["outputs"].get("evidence", {})
        part, listed = (
            (f"evidence/{table}", tables[table]) if table in tables else ("data", found["outputs"]["data"])
        )
        files = tuple(f"{folder}/{part}/{entry['path']}" for entry in listed)
        return Release(address, files, sum(e["raw_bytes"] for e in listed), (found["fingerprint"], part))
    try:
        stored = [f for f in storage.listing([address]) if f.name.endswith(".parquet")]
    except (OSError, ValueError, ImportError) as error:
        raise ConfigError(f"against {address}: {error}") from error
    if not stored:
        raise ConfigError(
            f"against {address}: neither an artefact (manifest.json), nor a pipeline's output folder "
            f"(latest.json), nor Parquet files"
        )
    identity = tuple((f.name, f.size, f.stamp) for f in stored)
    return Release(address, tuple(f.path for f in stored), 3 * sum(f.size for f in stored), identity)


def releases(use: StepUse) -> list[Release]:
    """The releases that a step's parameters name, in order."""
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
                documents = frame if "signature" in frame.columns else conform(frame)
                yield from documents.iter_slices(
                    max(1, documents.height * BATCH_BYTES // (weight(documents) + 1))
                )
    except (OSError, ValueError) as error:
        raise ConfigError(f"against {file}: {error}") from error


@dataclass(frozen=True)
class RecallJob:
    """Evidence of earlier documents in one round: one task per file, numbered behind the stage's tasks."""

    folder: Path
    number: int
    use: StepUse
    files: tuple[tuple[str, str], ...]  # the release's address, the file
    before: int  # how many tasks the stage has
    parts: int
    title: str = ""

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
        address, file = self.files[rank]
        task = self.before + rank
        wanted = verdict_for(corpus, self.folder, self.number - 1, task) if self.number else None
        evidence, start = Evidence(self.folder, self.number, task), 0
        if wanted is None or wanted.height:
            for batch in read(file):
                here = None if wanted is None else rows_of(wanted, start, batch.height)
                if here is None or here.height:
                    evidence.add(round_.recall(batch, here, address), batch, start)
                start += batch.height
                report(start, 0, 0)
        evidence.close(round_.by, self.parts)
        finish(self.outcomes, rank, {})
