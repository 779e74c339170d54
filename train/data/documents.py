"""What a source of training data is: an artefact, Parquet, JSONL or text files, a data set of the Hub; and its rows.

Rows come in bounded batches with just the columns that are asked for. Nothing is filtered here but by `split`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from curate import manifest, storage
from curate.errors import ConfigError
from curate.fingerprint import digest
from train.data import rows
from train.data.rows import Batch, listed

#: What rows can be read as, and the columns that each form needs, in the order in which they are looked for. Of rows
#: that hold several, the first counts.
FORMS: dict[str, tuple[str, ...]] = {
    "ids": ("input_ids",),
    "messages": ("messages",),
    "prompt_completion": ("prompt", "completion"),
    "text": ("text",),
}
HUB = "hf://datasets/"


@dataclass(frozen=True)
class Source:
    """Rows to train on. `files` have stamps that change with their content; `found` maps columns to what they hold.

    `renamed` maps our names of columns (text, messages, …) to the files'. `artefact` is the manifest, if it is one.
    """

    address: str
    files: tuple[storage.FileInfo, ...]
    found: Mapping[str, str]
    split: str | None = None
    by_column: bool = False  # whether `split` is a column's value
    renamed: Mapping[str, str] = field(default_factory=dict)
    artefact: Mapping[str, Any] | None = None
    stream: tuple[str, str | None] | None = (
        None  # a data set of the Hub that `datasets` reads: name, revision
    )

    @property
    def forms(self) -> list[str]:
        """What the rows can be read as, best first: ids, messages, prompt_completion, text."""
        return [form for form, need in FORMS.items() if all(self._own(name) in self.found for name in need)]

    @property
    def fingerprint(self) -> str:
        """Hash of what would be read: files with stamps (of an artefact, checksums), split, names of columns."""
        stamps = [(file.name, file.size, file.stamp) for file in self.files]
        return digest([stamps or self.address, self.split, dict(self.renamed), self.stream])

    @cached_property
    def licenses(self) -> list[str]:
        """Licences that the rows' column `license` names, else those of the artefacts that an artefact was made from,
        sorted; none where none is known."""
        known: set[str] = set()
        for file in self.files if "license" in self.found else ():
            for batch in rows.read(file.path, ["license"]):
                known |= {str(value) for value in listed(batch.columns.get("license", [])) if value}
        if not known and self.artefact and self.files:
            run = self.files[0].path.rpartition("/data/")[0].rpartition("/")[0]
            made = self.artefact.get("parts", {}).get("upstream", {}).items()
            folders = [f"{run}/{stage}-{own[:8]}" for stage, own in made]
            behind = [documents(folder).licenses if manifest.read(folder) else [] for folder in folders]
            known = set().union(*behind) if all(behind) else set()
        return sorted(known)

    def _own(self, name: str) -> str:
        return self.renamed.get(name, name)

    def batches(self, columns: Sequence[str], optional: Sequence[str] = ()) -> Iterator[Batch]:
        """All rows, in the files' order, with `columns` and those of `optional` that are there, under our names.

        Raises:
            ConfigError: a file lacks a column, or cannot be read.
        """
        wanted = {self._own(name): name for name in [*columns, *optional]}
        extra = ["split"] if self.by_column and "split" not in wanted else []
        for batch in self._read([*wanted, *extra]):
            if self.by_column and "split" not in batch.columns:
                raise ConfigError(
                    f"{batch.file} has no column 'split', which other files of {self.address} have"
                )
            if missing := [name for name in columns if self._own(name) not in batch.columns]:
                raise ConfigError(_missing(batch.file, [self._own(name) for name in missing], self.found))
            if self.by_column:
                batch = batch.only([value == self.split for value in listed(batch.columns["split"])])
            if batch.numbers:
                named = {wanted[name]: values for name, values in batch.columns.items() if name in wanted}
                yield Batch(batch.file, batch.numbers, named)

    def _read(self, columns: Sequence[str]) -> Iterator[Batch]:
        if self.stream:
            yield from _streamed(*self.stream, self.split, columns)
        for file in self.files:
            yield from rows.read(file.path, columns)


def documents(
    address: str | Sequence[str], *, split: str | None = None, columns: Mapping[str, str] | None = None
) -> Source:
    """The source behind `address`: an artefact's folder, a pipeline's output folder with one stage, files or globs of
    Parquet, JSONL (.gz, .zst), .txt or .md, or `hf://datasets/owner/name[@revision][/files]`.

    `split` chooses rows by a column of that name, else files that have it in their name as a word (as
    `train-00000-of-00002.parquet`). `columns` maps our names (text, messages, prompt, completion, input_ids, labels,
    loss) to the files' own.

    Raises:
        ConfigError: there is nothing to read, it is not clear what, or the split is not there.
    """
    name = address if isinstance(address, str) else ", ".join(address)
    renamed = dict(columns or {})
    found = _artefact(address) if isinstance(address, str) else None
    if found is not None:
        folder, told = found
        entries = [(entry["path"], entry["bytes"], entry["sha256"]) for entry in told["outputs"]["data"]]
        files = tuple(storage.FileInfo(f"{folder}/data/{p}", p, size, sha) for p, size, sha in entries)
        source = Source(name, files, _columns(name, files), renamed=renamed, artefact=told)
    else:
        try:
            files = _listed(name, [address] if isinstance(address, str) else list(address))
        except _NoFiles:
            return _from_hub(name, split, renamed)
        source = Source(name, files, _columns(name, files), renamed=renamed)
    if split is not None:
        source = _split(source, split)
    if gone := [own for own in renamed.values() if own not in source.found]:
        raise ConfigError(_missing(name, gone, source.found))
    return source


class _NoFiles(Exception):
    """A data set of the Hub without files of a kind that is read here."""


def _artefact(address: str) -> tuple[str, dict[str, Any]] | None:
    if address.startswith(HUB) or any(mark in address for mark in "*?[") or rows.format_of(address):
        return None
    if storage.is_local(address) and not Path(address.removeprefix("file://")).is_dir():
        return None
    if manifest.read(address.rstrip("/")) is None and not manifest.latest(address.rstrip("/")):
        return None
    folder, told = manifest.find(address)
    if not told["outputs"].get("data"):
        raise ConfigError(
            f"{folder} holds no documents (it is of kind {told.get('kind')}): name a corpus or data set"
        )
    return folder, told


def _listed(name: str, paths: list[str]) -> tuple[storage.FileInfo, ...]:
    try:
        files = storage.listing(paths)
    except (OSError, ValueError) as error:
        raise ConfigError(f"from {name}: {error}") from None
    kinds = {kind for file in files if (kind := rows.format_of(file.path))}
    if len(kinds) > 1 and name.startswith(HUB) and "parquet" in kinds:
        kinds = {"parquet"}
    elif name.startswith(HUB):  # beside its data, README.md and the like
        kinds -= {"text"}
    if len(kinds) > 1:
        raise ConfigError(
            f"from {name}: files of several kinds ({', '.join(sorted(kinds))}): name one kind, as *.jsonl"
        )
    if not kinds:
        if name.startswith(HUB):
            raise _NoFiles
        ends = ", ".join(end for ends in rows.FORMATS.values() for end in ends)
        raise ConfigError(f"from {name}: no file that can be read ({ends}), such as {files[0].path}")
    return tuple(file for file in files if rows.format_of(file.path) in kinds)


def _columns(name: str, files: Sequence[storage.FileInfo]) -> dict[str, str]:
    for file in files:
        if found := rows.columns_of(file.path):
            return found
    raise ConfigError(
        f"from {name}: no rows in {len(files)} files, such as {files[0].path}: there is nothing to train on"
    )


def _split(source: Source, split: str) -> Source:
    if "split" in source.found:
        return replace(source, split=split, by_column=True)
    word = re.compile(rf"(?<![A-Za-z0-9]){re.escape(split)}(?![A-Za-z0-9])")
    files = tuple(file for file in source.files if word.search(file.name))
    if not files:
        raise ConfigError(
            f"from {source.address}: there is no column 'split' and no file named after the split '{split}': leave "
            "`split` out, or let the corpus have the step `split`"
        )
    return replace(source, split=split, files=files)


def _missing(where: str, names: Sequence[str], found: Mapping[str, str]) -> str:
    have = ", ".join(found) or "none"
    return f"{where} has no column {', '.join(map(repr, names))} (it has {have}): name the right one under `columns`"


def _from_hub(address: str, split: str | None, renamed: Mapping[str, str]) -> Source:
    """A data set of the Hub in another form than Parquet or JSONL: `datasets` streams it."""
    name, _, revision = address.removeprefix(HUB).partition("@")
    source = Source(address, (), {}, split or "train", False, renamed, None, (name, revision or None))
    for batch in _streamed(name, revision or None, source.split, None):
        known = {key: str(type(value[0]).__name__) for key, value in batch.columns.items()}
        return Source(address, (), known, source.split, False, renamed, None, _pinned(name, revision or None))
    raise ConfigError(f"from {address}: no rows in the split '{source.split}'")


def _pinned(name: str, revision: str | None) -> tuple[str, str | None]:
    from huggingface_hub import HfApi

    return name, HfApi().dataset_info(name, revision=revision).sha or revision


def _streamed(
    name: str, revision: str | None, split: str | None, columns: Sequence[str] | None
) -> Iterator[Batch]:
    try:
        from datasets import load_dataset
    except ImportError:
        raise ConfigError(f"{HUB}{name} needs the package datasets: pip install 'curate[hub]'") from None
    try:
        stream = load_dataset(name, revision=revision, split=split or "train", streaming=True)
    except (OSError, ValueError) as error:
        raise ConfigError(f"from {HUB}{name}: {error}") from None
    done = 0
    for chunk in stream.iter(batch_size=256):
        count = len(next(iter(chunk.values())))
        kept = {key: values for key, values in chunk.items() if columns is None or key in columns}
        yield Batch(f"{HUB}{name}", range(done + 1, done + count + 1), kept)
        done += count


def sample(source: Source, column: str, rows_: int) -> pl.Series:
    """The first `rows_` values of a text column, as for training a tokenizer."""
    out: list[Any] = []
    for batch in source.batches([column]):
        out += listed(batch.columns[column])
        if len(out) >= rows_:
            break
    return pl.Series(column, out[:rows_])
