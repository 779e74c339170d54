"""Training of fastText classifiers for the step `classify`: quality, domain, whatever two heaps of text tell apart.

`train` reads both heaps as any source is read, keeps a share apart by the hash of each text, trains on the rest
with classes brought to even size, and judges the model on what was kept apart.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from curate.errors import ConfigError, RunError
from curate.fasttexts import lines, probability
from curate.intake import Taken

POSITIVE, NEGATIVE = "__label__positive", "__label__negative"

#: Word pairs as in DCLM (Li et al. 2024). With one thread, which the same model every time needs, fastText 0.9.2
#: sets only the first tenth of its table and leaves the rest as memory comes. This table takes 51 MB: the allocator
#: gets so much from the system as zeros, never from what was freed, which would bring chance and NaN.
SETTINGS = {"dim": 64, "wordNgrams": 2, "bucket": 200_000, "lr": 0.5, "minCount": 2, "loss": "softmax"}

#: With fewer held-out texts of a class, precision and recall say nothing.
_LEAST_HELD_OUT = 5
_THRESHOLDS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)


def train(
    positive: list[str],
    negative: list[str],
    out: str,
    *,
    columns: dict[str, str] | None = None,
    held_out: float = 0.2,
    epochs: int = 25,
    seed: int = 0,
) -> dict[str, Any]:
    """Train a classifier of `positive` against `negative` texts, write it to `out`, and return the report.

    `positive` and `negative` are paths as a source takes them (files, folders, globs, remote addresses), in any
    format that is read; `columns` maps their fields (`{"text": "body"}`). A text counts once, and not at all if
    it stands in both heaps; whether it is held out depends on its hash alone. The smaller class is repeated in
    training; for heaps of gigabytes, a few `epochs` do. One thread, so that the same input and `seed` give the
    same model. The report also lies beside the model as `.json`; its `thresholds` say what `min_score` does.

    Raises:
        ConfigError: a path has no files, or a class has too few texts.
        RunError: fastText's training diverged.
    """
    texts, counts, unread = _two_heaps(positive, negative, columns or {})
    parts = texts.with_columns(held=pl.col("hash") / 2.0**64 < held_out).partition_by("held", as_dict=True)
    learn, judge = (parts.get((held,), texts.clear()) for held in (False, True))
    for label, name in ((POSITIVE, "positive"), (NEGATIVE, "negative")):
        there = judge.filter(label=label).height
        if there < _LEAST_HELD_OUT or learn.filter(label=label).is_empty():
            raise ConfigError(
                f"too few {name} texts: {counts[name]} read, {there} of them held out; "
                f"at least {_LEAST_HELD_OUT} must be held out to judge the model (--held-out sets the share). "
                f"{counts['in_both']} stand in both heaps and count in neither. {unread[name]}"
            )
    path = Path(out)
    path.parent.mkdir(parents=True, exist_ok=True)
    model = _fit(_balanced(learn), epochs, seed, path)
    scores = np.nan_to_num(probability(model, judge["text"], POSITIVE))
    report = {
        "model": path.name,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "label": POSITIVE,
        "positive": positive,
        "negative": negative,
        "texts": counts,
        "trained_on": learn.height,
        "settings": {**SETTINGS, "epoch": epochs, "seed": seed, "held_out": held_out},
        "held_out": measure(scores, (judge["label"] == POSITIVE).to_numpy()),
    }
    path.with_suffix(".json").write_text(json.dumps(report, indent=2) + "\n")
    return report


def measure(scores: np.ndarray, truth: np.ndarray) -> dict[str, Any]:
    """Precision, recall and F1 at 0.5, area under the ROC curve, and a row per threshold.

    `scores` (float) and `truth` (bool) have shape (n,). The area is the Mann-Whitney statistic, ties counted half.
    `kept` is the share of held-out texts that score at least the threshold, `best` the threshold with the highest
    F1 among all.
    """
    ranks = pl.Series(scores).rank("average").to_numpy()
    good, bad = int(truth.sum()), int((~truth).sum())
    area = (ranks[truth].sum() - good * (good + 1) / 2) / (good * bad)
    rows = [_at(scores, truth, threshold) for threshold in _THRESHOLDS]
    best = max((_at(scores, truth, float(score)) for score in np.unique(scores)), key=lambda row: row["f1"])
    half = _at(scores, truth, 0.5)
    return {
        "positive": good,
        "negative": bad,
        "auc": round(float(area), 4),
        "precision": half["precision"],
        "recall": half["recall"],
        "f1": half["f1"],
        "best": best,
        "thresholds": rows,
    }


def _at(scores: np.ndarray, truth: np.ndarray, threshold: float) -> dict[str, float]:
    kept = scores >= threshold
    right, chosen, good = int((kept & truth).sum()), int(kept.sum()), int(truth.sum())
    return {
        "threshold": threshold,
        "precision": round(right / max(1, chosen), 4),
        "recall": round(right / good, 4),
        "f1": round(2 * right / (chosen + good), 4),
        "kept": round(chosen / len(truth), 4),
    }


def _two_heaps(
    positive: list[str], negative: list[str], columns: dict[str, str]
) -> tuple[pl.DataFrame, dict[str, int], dict[str, str]]:
    """Distinct texts that stand in one heap only, with `label` and `hash`, in the order of the hash; counts; and what
    could not be read of each heap, in words."""
    frames = []
    counts: dict[str, int] = {}
    unread: dict[str, str] = {}
    for name, label, paths in (("positive", POSITIVE, positive), ("negative", NEGATIVE, negative)):
        taken = Taken()
        frame = pl.concat(
            [pl.DataFrame({"text": []}, schema={"text": pl.String}), *_texts(name, paths, columns, taken)]
        )
        if failed := taken.failed.total():
            unread[name] = (
                f"{failed} could not be read, such as one in {taken.rows[0]['file']}: {taken.rows[0]['error']}"
            )
        else:
            unread[name] = ""
        counts[name] = frame.height
        frames.append(frame.unique().with_columns(label=pl.lit(label)))
    both = pl.concat(frames)
    texts = both.filter(~pl.col("text").is_duplicated())
    counts["repeated"] = sum(counts.values()) - both.height
    counts["in_both"] = both.height - texts.height
    digests = [int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]) for text in texts["text"]]
    return texts.with_columns(hash=pl.Series(digests, dtype=pl.UInt64)).sort("hash"), counts, unread


def _texts(name: str, paths: list[str], columns: dict[str, str], taken: Taken) -> Iterator[pl.DataFrame]:
    """The texts behind `paths`, each on one line."""
    from curate.intake import batches
    from curate.readers import Slice, Tally
    from curate.readers.read import read_slice
    from curate.source import Source
    from curate.storage import listing

    source = Source.model_validate({"name": name, "path": paths, "columns": columns})
    try:
        slices = [Slice(file.path, file.name, file.size) for file in listing(paths)]
    except FileNotFoundError as error:
        raise ConfigError(f"{name} texts: {error}") from error
    pieces = ((one, read_slice(one, source, Tally())) for one in slices)
    for batch in batches(pieces, source, taken, 32_000_000):
        yield pl.DataFrame({"text": lines(batch["text"]).str.strip_chars()})


def _balanced(learn: pl.DataFrame) -> pl.DataFrame:
    """The smaller class repeated to the size of the larger, both spread evenly over the file."""
    size = max(learn.filter(label=label).height for label in (POSITIVE, NEGATIVE))
    frames = []
    for label in (POSITIVE, NEGATIVE):
        one = learn.filter(label=label)
        frames.append(one.gather(np.arange(size) % one.height).with_columns(place=pl.int_range(size)))
    return pl.concat(frames).sort("place", maintain_order=True)


#: fastText 0.9.2 leaves most of its table as memory comes when it trains with one thread (`SETTINGS`); a process of
#: its own, whose allocator zeroes what it hands out, makes the same model every time and keeps NaN out.
_ZEROED = {"MALLOC_PERTURB_": "255"}
_CHILD = """
import fasttext, json, sys
options, out = json.loads(sys.argv[1]), sys.argv[2]
fasttext.train_supervised(**options).save_model(out)
"""


def _fit(texts: pl.DataFrame, epochs: int, seed: int, out: Path) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "train.txt"
        with path.open("w", encoding="utf-8") as file:
            file.writelines(f"{label} {text}\n" for label, text in texts.select("label", "text").iter_rows())
        return supervised(path, out, epoch=epochs, seed=seed)


def supervised(path: Path, out: Path, **options: Any) -> Any:
    """The fastText model of the labelled lines in `path`, saved as `out`; `options` add to `SETTINGS`.

    Raises:
        RunError: fastText's training failed, as it does when it meets NaN.
    """
    import fasttext

    options = {"input": str(path), "thread": 1, "verbose": 0, **SETTINGS, **options}
    command = [sys.executable, "-c", _CHILD, json.dumps(options), str(out)]
    ended = subprocess.run(command, capture_output=True, text=True, env=os.environ | _ZEROED)
    if ended.returncode:
        why = (ended.stderr.strip().splitlines() or ["no message"])[-1]
        raise RunError(f"fastText's training failed ({why}); more or longer texts help against NaN")
    return fasttext.load_model(str(out))
