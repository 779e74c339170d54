"""The echo-chamber gates of a stage: measured once, kept in the manifest, judged against the limits as they are now."""

from __future__ import annotations

from typing import Any

import polars as pl

from synth import gates
from synth.corpus import Corpus
from synth.gates import Gates, Verdict
from synth.measures.compare import DEFAULT, Measure, measures
from synth.measures.mixture import Mixture


def measured(
    rows: list[dict[str, Any]], depths: list[int], corpus: Corpus, limits: Gates | None, seed: int
) -> dict[str, Any]:
    """What the set measures beside human text, with its worst rows, for the manifest. `rows` have `id`,
    `prompt` (without passages), `answer` and `source`."""
    sampling = limits.sampling if limits else DEFAULT
    frame = pl.DataFrame(rows, schema=dict.fromkeys(("id", "prompt", "answer", "source"), pl.String))
    found = measures(frame, _human(corpus, sampling.corpus_words, seed), sampling) if frame.height else []
    shown = frame.select("id", pl.col("prompt").str.head(400), pl.col("answer").str.head(400))
    told = [
        {
            "field": m.field,
            "name": m.name,
            "value": m.value,
            "human": m.human,
            "worst": shown[list(m.worst)].to_dicts(),
        }
        for m in found
    ]
    deep = sum(depth > 0 for depth in depths)
    mixture = [1.0, deep / len(depths), max(depths)] if depths else [0.0, 0.0, None]
    return {"measures": told, "mixture": mixture}


def verdicts(told: dict[str, Any], limits: Gates | None) -> list[Verdict]:
    """What each gate says of what `measured` told."""
    if limits is None:
        return []
    worst = [row for entry in told["measures"] for row in entry["worst"]]
    frame = pl.DataFrame(worst, schema=dict.fromkeys(("id", "prompt", "answer"), pl.String)).unique(
        maintain_order=True
    )
    at = {name: i for i, name in enumerate(frame["id"])}
    found = [
        Measure(e["field"], e["name"], e["value"], e["human"], tuple(at[row["id"]] for row in e["worst"]))
        for e in told["measures"]
    ]
    return gates.judge(frame, found, limits, Mixture(*told["mixture"]))


def _human(corpus: Corpus, most: int, seed: int) -> list[str]:
    """Texts of the corpus, in the order of its plan, of about `most` words."""
    texts, size = [], 0
    for document in corpus.documents(seed):
        texts.append(document.text)
        size += len(document.text) // 6  # a word and its space, and to be sure
        if size > most:
            break
    return texts
