"""From a stage's `data:` to what its trainer reads: sources resolved, packed rows of a mixture, tables for TRL."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from curate.errors import ConfigError
from train.audit import canaries
from train.config import Data, TrainConfig
from train.config import shares as shares_of
from train.data.dataset import packed as mixed
from train.data.documents import FORMS, documents
from train.data.mixture import Phase, total_of_epochs
from train.data.plan import Part
from train.data.rows import listed
from train.data.tokens import tokenised
from train.objective import Form, Job

#: What rows can be read as beside the forms that are packed, and the columns that each needs.
TABLES = {
    "preference": ("prompt", "chosen", "rejected"),
    "unpaired": ("prompt", "completion", "label"),
    "prompt": ("prompt",),
}
#: The planted canaries, in a stage's work folder.
CANARIES = "canaries.jsonl"
#: Characters that a tokenizer is trained on, at most.
SAMPLE = 50_000_000


def able(columns: Iterable[str], renamed: Mapping[str, str]) -> list[str]:
    """Forms that rows with these columns can be read as."""
    have, every = set(columns), {**FORMS, **TABLES}
    return [form for form, need in every.items() if all(renamed.get(name, name) in have for name in need)]


def sources(made: Any) -> list[Any]:
    """Sources of `data:`, then those of `anneal:`, in their order (`train.data.documents.Source`)."""
    return [
        documents(made.address(entry.from_), split=entry.split, columns=entry.columns)
        for entry in entries(made.stage.config)
    ]


def entries(config: TrainConfig) -> list[Data]:
    """Entries of `data:` and of `anneal:`."""
    return [*config.data, *(config.anneal.data if config.anneal else [])]


def sample(data: list[Any], config: TrainConfig) -> Iterator[str]:
    """Texts for a tokenizer: from each source as many characters as its share of the mixture says."""
    for source, entry in zip(data, entries(config), strict=True):
        left = SAMPLE * (entry.share or 1 / len(data))
        for batch in source.batches(["text"]):
            for text in listed(batch.columns["text"]):
                yield text[: max(0, int(left))]
                left -= len(text)
            if left <= 0:
                break


def packed(job: Job, forms: tuple[Form, ...]) -> Any:
    """The mixture of `data:`, then of `anneal:`, tokenised and packed; canaries among it where some are planted."""
    config, given, folder = job.config, job.settings, job.folder / "tokens"
    parts: dict[str, Part] = {}
    for source, entry in zip(job.sources, entries(config), strict=True):
        form = next(form for form in ("ids", *forms) if form in source.forms)
        own = tokenised(source, job.tokenizer, folder, form=form)  # type: ignore[arg-type]
        parts.setdefault(name_of(entry), Part(name_of(entry), own, entry.max_epochs))
    phases = _phases(config, parts)
    if config.canaries:
        parts["canaries"], phases = _planted(job, parts, phases, folder)
    made = mixed(
        list(parts.values()),
        phases,
        sequence_length=given.sequence_length,
        folder=folder,
        tokens=given.tokens,
        epochs=given.epochs if given.tokens is None else None,
        seed=job.seed,
        multiple=given.batch_size,
        pad=job.tokenizer.pad_token_id or 0,
    )
    if config.canaries:
        _count(job, made)
    return made


def _phases(config: TrainConfig, parts: Mapping[str, Part]) -> list[Phase]:
    phases = [Phase(_shares(config.data, parts), 1.0 - (config.anneal.share if config.anneal else 0.0))]
    return [*phases, Phase(_shares(config.anneal.data, parts))] if config.anneal else phases


def _shares(data: list[Data], parts: Mapping[str, Part]) -> dict[str, float]:
    """Shares as given; without any, each source in proportion to its tokens."""
    given = shares_of(data)
    if given is None:
        tokens = [float(parts[name_of(entry)].tokens.meta["tokens"]) for entry in data]
        given = [count / sum(tokens) for count in tokens]
    out: dict[str, float] = {}
    for entry, share in zip(data, given, strict=True):
        out[name_of(entry)] = out.get(name_of(entry), 0.0) + share
    return out


def _planted(
    job: Job, parts: Mapping[str, Part], phases: list[Phase], folder: Path
) -> tuple[Part, list[Phase]]:
    """Canaries as a source of their own that is read once, with as much of the mixture as that takes."""
    wanted = job.config.canaries
    found = canaries.plant(wanted.counts, wanted.each, seed=job.seed, controls=wanted.controls)
    folder.mkdir(parents=True, exist_ok=True)
    canaries.save(found, job.folder / CANARIES)
    path = job.folder / "canaries.parquet"
    if not path.exists():
        canaries.documents(found, vary=wanted.vary).write_parquet(path)
    own = tokenised(documents(str(path)), job.tokenizer, folder, form="text")
    first = next(iter(parts.values()))
    given, have = job.settings, int(first.tokens.meta["tokens"])
    total = given.tokens or total_of_epochs(phases, first.name, have, given.epochs)
    share = (int(own.meta["tokens"]) + given.sequence_length) / total
    if share > 0.5:
        raise ConfigError(
            f"{job.name}: the canaries would be {share:.0%} of {total:,.0f} tokens: plant fewer, or train on more"
        )
    thinned = [
        Phase({n: s * (1 - share) for n, s in p.shares.items()} | {"canaries": share}, p.until)
        for p in phases
    ]
    return Part("canaries", own, 2.0), thinned


def _count(job: Job, made: Any) -> None:
    """How often each canary is met in fact: the last ones may be met once more, or not at all in a trial."""
    wanted = canaries.load(job.folder / CANARIES)
    ids = pl.read_parquet(job.folder / "canaries.parquet")["id"].to_list()
    upto = min(len(made), (job.settings.limit or len(made)) * job.settings.batch_size)
    seen: Counter[str] = Counter()
    for id_, times in zip(ids, made.documents_seen(upto)["canaries"].tolist(), strict=True):
        seen[id_.rpartition("/")[0]] += times
    canaries.save([replace(c, count=seen[c.id]) if c.count else c for c in wanted], job.folder / CANARIES)


def name_of(entry: Data) -> str:
    """What a source is called in logs and reports."""
    return entry.name or entry.from_


def rows(job: Job, columns: tuple[str, ...]) -> Any:
    """All rows, shuffled by the seed; where sources have shares, as many of each as these allow.

    Raises:
        ConfigError: there are no rows.
    """
    from datasets import Dataset

    draw = random.Random(job.seed)
    found = [[dict(zip(columns, row)) for row in _rows(source, columns)] for source in job.sources]
    given = shares_of(job.config.data)
    if given and len(found) > 1:
        total = min(len(own) / share for own, share in zip(found, given))
        found = [draw.sample(own, max(1, round(total * share))) for own, share in zip(found, given)]
    everything = [row for own in found for row in own]
    if not everything:
        raise ConfigError(f"{job.name}: its data hold no rows")
    draw.shuffle(everything)
    return Dataset.from_list(everything)


def _rows(source: Any, columns: tuple[str, ...]) -> Iterator[tuple[Any, ...]]:
    for batch in source.batches(list(columns)):
        yield from zip(*(listed(batch.columns[name]) for name in columns))
