"""Rows of the formats that TRL takes (1.16), from samples; what is told of each stands in columns `meta_*`.

| format | columns |
|---|---|
| messages | `messages` |
| prompt_completion | `prompt`, `completion` (message lists) |
| preference | `prompt`, `chosen`, `rejected` (message lists; the last two hold the answer alone) |
| unpaired | `prompt`, `completion` (message lists), `label` |
| text | `text` |

The prefix keeps provenance out of trainers' way: a column called `prompt` or `labels` would choose how they read rows.
"""

from __future__ import annotations

import json
from typing import Any

import polars as pl

from synth.samples import Message, Passage, Sample
from synth.task import Format

TURN = pl.Struct({"role": pl.String, "content": pl.String})
TURNS = pl.List(TURN)

COLUMNS: dict[Format, dict[str, Any]] = {
    "messages": {"messages": TURNS},
    "prompt_completion": {"prompt": TURNS, "completion": TURNS},
    "preference": {"prompt": TURNS, "chosen": TURNS, "rejected": TURNS},
    "unpaired": {"prompt": TURNS, "completion": TURNS, "label": pl.Boolean},
    "text": {"text": pl.String},
}

#: Provenance of every row: see docs/synth.md.
META: dict[str, Any] = {
    "meta_task": pl.String,
    "meta_kind": pl.String,
    "meta_documents": pl.List(pl.String),
    "meta_source": pl.String,
    "meta_evidence": pl.List(
        pl.Struct({"document": pl.String, "start": pl.UInt32, "end": pl.UInt32, "text": pl.String})
    ),
    "meta_depth": pl.UInt8,
    "meta_model": pl.String,
    "meta_revision": pl.String,
    "meta_sampling": pl.String,
    "meta_prompt": pl.String,
    "meta_seed": pl.UInt64,
    "meta_requests": pl.List(pl.String),
    "meta_scores": pl.String,
    "meta_detail": pl.String,
}

#: What of `Sample.meta` has a column of its own; the rest is JSON in `meta_detail`.
OWN = ("model", "revision", "sampling", "prompt", "requests", "scores")


def columns(format_: Format) -> dict[str, Any]:
    """Columns (name -> polars type) of a dataset in `format_`."""
    return {"id": pl.String, "source": pl.String, **COLUMNS[format_], **META}


def fits(sample: Sample, format_: Format) -> bool:
    """Whether a sample has what the format needs."""
    if format_ == "text":
        return sample.text is not None
    if format_ == "preference":
        return bool(sample.prompt) and sample.chosen is not None and sample.rejected is not None
    if format_ == "unpaired":
        return bool(sample.prompt) and sample.completion is not None and sample.label is not None
    return bool(sample.prompt) and (sample.completion or sample.chosen) is not None


def row(
    name: str, task: str, sample: Sample, format_: Format, document: Passage, seed: int
) -> dict[str, Any]:
    """A sample as a row, its id `name`, its source the `task`; it was made from `document`."""
    meta = sample.meta
    return {
        "id": name,
        "source": task,
        **_content(sample, format_),
        "meta_task": task,
        "meta_kind": sample.kind,
        "meta_documents": list(dict.fromkeys(span.document for span in sample.evidence))
        or [document.document],
        "meta_source": document.source or None,
        "meta_evidence": [vars(span) for span in sample.evidence],
        "meta_depth": document.depth,
        "meta_model": meta.get("model", "embedded"),
        "meta_revision": meta.get("revision"),
        "meta_sampling": _json(meta.get("sampling")),
        "meta_prompt": meta.get("prompt"),
        "meta_seed": seed,
        "meta_requests": meta.get("requests", []),
        "meta_scores": _json(meta.get("scores")),
        "meta_detail": _json({k: v for k, v in meta.items() if k not in OWN} or None),
    }


def _content(sample: Sample, format_: Format) -> dict[str, Any]:
    prompt = [turn.as_dict() for turn in sample.prompt]
    answer = sample.completion if sample.completion is not None else sample.chosen
    if format_ == "text":
        return {"text": sample.text}
    if format_ == "messages":
        return {"messages": [*prompt, _answer(answer)]}
    if format_ == "preference":
        return {"prompt": prompt, "chosen": [_answer(sample.chosen)], "rejected": [_answer(sample.rejected)]}
    label = {"label": sample.label} if format_ == "unpaired" else {}
    return {"prompt": prompt, "completion": [_answer(answer)], **label}


def _answer(text: str | None) -> dict[str, str]:
    return Message("assistant", text or "").as_dict()


def _json(value: Any) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False, sort_keys=True)


def words(row_: dict[str, Any]) -> str:
    """All that a row says, for measures and for people."""
    parts: list[str] = []
    for name in ("text", "messages", "prompt", "completion", "chosen"):
        value = row_.get(name)
        if isinstance(value, str):
            parts.append(value)
        elif value:
            parts += [turn["content"] for turn in value]
    return "\n".join(parts)
