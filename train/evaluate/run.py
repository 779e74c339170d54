"""Running a suite: every measurement that is not kept from an earlier run, and scores beside those of other models.

What is kept is named by the model's fingerprint, the measurer's settings, the stamps of what it reads and the code
that measures; so the model before, measured by the same suite when it was made, is not measured again.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

from curate.errors import ConfigError
from curate.fingerprint import closure, digest
from train.evaluate import bits, choice, generate, harness, preferences, probes, rows, safety
from train.evaluate.intervals import ITEMS, Measured, change, score
from train.evaluate.suite import ABLE, Entry, Suite

#: Examples in a manifest of each score, and characters of each.
EXAMPLES, SHOWN = 3, 240


def evaluate(
    model: Any,
    tokenizer: Any,
    suite: Suite,
    *,
    folder: Path | None = None,
    seed: int,
    canaries: Sequence[Any] = (),
) -> list[Measured]:
    """Everything that `suite` asks for of a model that is loaded (in eval mode, on its device); its rows' stages are
    resolved (`Suite.resolved`). With `folder`, an artefact's, items go to its evidence/scores.

    Raises:
        ConfigError, RunError: rows that cannot be read, or that do not fit their settings.
    """
    found = [
        one for entry in suite.entries for one in measure(model, tokenizer, entry, suite, seed, canaries)
    ]
    if folder is not None:
        write(found, folder / "evidence" / "scores")
    return found


def evaluated(
    address: str,
    fingerprint: str,
    suite: Suite,
    resolve: Callable[[str], str] = str,
    *,
    kept: Path,
    seed: int,
    quiet: bool = True,
    canaries: Sequence[Any] = (),
) -> list[Measured]:
    """As `evaluate`, of the model at `address` (as `train.models.load` takes it), which is loaded only if something
    is missing in the folder `kept`. `resolve` tells where a stage's artefact lies."""
    suite = suite.resolved(resolve)
    model: Any = None
    tokenizer: Any = None
    out: list[Measured] = []
    for number, entry in enumerate(suite.entries, 1):
        path = kept / f"{_key(entry, suite, fingerprint, seed, canaries)}.parquet"
        found = read_kept(path)
        if found is None:
            if model is None:
                from train import models

                kind = _able(address, models.kind_of(address), suite)
                model, tokenizer = models.load(address, device=models.device(), kind=kind)
            if not quiet:
                print(
                    f"{Path(address).name}: {entry.name} ({number} of {len(suite.entries)})", file=sys.stderr
                )
            found = measure(model, tokenizer, entry, suite, seed, canaries)
            keep(found, path)
        out += found
    if model is not None:
        _release()
    return out


def _able(address: str, kind: str, suite: Suite) -> str:
    """`kind`, where the model can be asked all of a suite."""
    for entry in suite.entries:
        if entry.kind not in ABLE.get(kind, (entry.kind,)):
            raise ConfigError(
                f"{address} is a {kind} model, and cannot be measured by {entry.kind} ({entry.name})"
            )
    return kind


def measure(
    model: Any, tokenizer: Any, entry: Entry, suite: Suite, seed: int, canaries: Sequence[Any] = ()
) -> list[Measured]:
    """One entry's measurements."""
    given = entry.settings
    if entry.kind == "safety":
        return safety.measure(model, tokenizer, given)
    if entry.kind == "probes":
        return probes.measure(model, tokenizer, given)
    if entry.kind == "memorisation":
        return _audit(model, tokenizer, entry, suite, seed, canaries)
    measures: dict[str, Callable[..., Any]] = {
        "bits": bits.measure,
        "choice": choice.measure,
        "minimal_pairs": choice.pairs,
        "last_word": choice.last_word,
        "generate": generate.measure,
        "preferences": preferences.measure,
        "lm_eval": harness.measure,
    }
    found = measures[entry.kind](model, tokenizer, given, name=entry.name, group=entry.group)
    return found if isinstance(found, list) else [found]


def _audit(
    model: Any, tokenizer: Any, entry: Entry, suite: Suite, seed: int, canaries: Sequence[Any]
) -> list[Measured]:
    from train.audit.run import audit

    given = entry.settings
    corpus = {
        name: _documents(of) for name in ("extraction", "pii") if (of := getattr(given, name)) is not None
    }
    held = [given.heldout] if given.heldout else []
    held = held or [e.settings for e in suite.entries if e.kind == "bits" and e.group == "domain"]
    unseen = pl.concat([_documents(of) for of in held]).unique("id", maintain_order=True) if held else None
    return audit(model, tokenizer, given, corpus=corpus, heldout=unseen, canaries=canaries, seed=seed)


def _documents(of: Any) -> pl.DataFrame:
    found = [(row["_item"], rows.spoken(row.get(of.text))) for row in rows.read(of)]
    if not any(text for _, text in found):
        raise ConfigError(f"{rows.address(of)}: no row has text in its column {of.text!r}")
    return pl.DataFrame(found, schema={"id": pl.String, "text": pl.String}, orient="row")


def _key(entry: Entry, suite: Suite, fingerprint: str, seed: int, canaries: Sequence[Any]) -> str:
    stamps = [rows.stamps(of) for _, of in rows.row_sets(entry.settings)]
    more: list[Any] = []
    if entry.kind == "memorisation":  # it reads what others are measured on, and draws
        others = [e for e in suite.entries if e.kind == "bits"]
        read = [rows.stamps(of) for e in others for _, of in rows.row_sets(e.settings)]
        planted = [str(canary) for canary in canaries] + suite.canaries()
        more = [seed, planted, [e.told for e in others], read]
    return digest([fingerprint, entry.told, stamps, more, _code()])[:24]


@cache
def _code() -> dict[str, str]:
    return closure(["train.evaluate.run"])[0]


def keep(found: Sequence[Measured], path: Path) -> None:
    """Measurements as one Parquet file, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    frames = [
        one.items.select(
            name=pl.lit(one.name),
            group=pl.lit(one.group),
            metric=pl.lit(one.metric),
            better=pl.lit(one.better),
            **{c: pl.col(c) for c in ITEMS},
        )
        for one in found
    ]
    about = dict.fromkeys(("name", "group", "metric", "better"), pl.String)
    frame = pl.concat(frames) if frames else pl.DataFrame(schema={**about, **ITEMS})
    part = path.with_suffix(f".{os.getpid()}.tmp")
    frame.write_parquet(part)
    part.replace(path)


def read_kept(path: Path) -> list[Measured] | None:
    """Measurements that were kept, or None."""
    if not path.exists():
        return None
    frame = pl.read_parquet(path)
    parts = frame.partition_by("name", maintain_order=True)
    about = ("name", "group", "metric", "better")
    return [Measured(**{c: part[c][0] for c in about}, items=part.select(list(ITEMS))) for part in parts]


def write(found: Sequence[Measured], folder: Path) -> list[Path]:
    """Items of each measurement as a Parquet file (item, value, weight, detail); the files in order."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for one in found:
        paths.append(folder / f"{one.name.replace('/', '-')}.parquet")
        one.items.write_parquet(paths[-1])
    return paths


def scores(
    found: Sequence[Measured],
    before: Sequence[Measured] | None = None,
    control: Sequence[Measured] | None = None,
    *,
    seed: int,
) -> dict[str, Any]:
    """Scores by name as a manifest holds them, each beside the same of the model before, and of a control.

    Of memorisation there is no change where the models' tokenizers cut other items out of the documents.

    Raises:
        RunError: the models were measured on different items.
    """
    earlier, other = ({one.name: one for one in side or ()} for side in (before, control))
    out: dict[str, Any] = {}
    for one in found:
        old, beside = earlier.get(one.name), other.get(one.name)
        out[one.name] = {
            "group": one.group,
            "metric": one.metric,
            "better": one.better,
            **vars(score(one, seed)),
            "before": _bare(old, seed),
            "change": _change(old, one, seed),
            **(
                {"control": _bare(beside, seed), "over_control": _change(beside, one, seed)} if beside else {}
            ),
            "examples": _examples(one, old),
        }
    return out


def _bare(one: Measured | None, seed: int) -> dict[str, float] | None:
    if one is None:
        return None
    found = score(one, seed)
    return {"value": found.value, "low": found.low, "high": found.high}


def _change(old: Measured | None, new: Measured, seed: int) -> dict[str, float] | None:
    if old is None:
        return None
    if new.group == "memorisation" and set(old.items["item"]) != set(new.items["item"]):
        return None
    return dict(vars(change(old, new, seed)))


def _examples(one: Measured, old: Measured | None) -> list[dict[str, Any]]:
    """The items that changed most for the worse; without a model before, those with the worst values."""
    frame = one.items
    if old is not None:
        frame = frame.join(old.items.select("item", before="value"), on="item", how="left")
        worse = pl.col("value") - pl.col("before")
    else:
        frame = frame.with_columns(before=pl.lit(None, pl.Float64))
        worse = pl.col("value")
    order = worse if one.better == "lower" else -worse
    chosen = frame.sort(order, "item", descending=[True, False], nulls_last=True).head(EXAMPLES)
    return chosen.select("item", "value", "before", pl.col("detail").str.head(SHOWN)).to_dicts()


def _release() -> None:
    """Let go of a model's memory on the card before the next is loaded."""
    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
