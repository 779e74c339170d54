"""Echo-chamber gates: limits on the measures of a whole set, most of them relative to human text of equal size.

Defaults come from the experiment of docs/echo_chamber.md: honest sets against generators that were made to collapse.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import polars as pl
from pydantic import BaseModel, ConfigDict, model_validator

from curate.validation import validate
from curate.yamlfile import Path as Place
from curate.yamlfile import YamlFile
from synth.measures.compare import DEFAULT, Measure, Sampling
from synth.measures.mixture import Mixture
from synth.measures.openings import opening

#: Characters of an example's text in a verdict.
SHOWN = 160


class Bounds(BaseModel):
    """Bounds of what human text has none of."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    min: float | None = None
    max: float | None = None

    @model_validator(mode="after")
    def _some(self) -> Bounds:
        if not self.model_fields_set:
            raise ValueError(f"a limit has one of {', '.join(type(self).model_fields)}")
        return self


class Limit(Bounds):
    """Bounds of a measure: absolute, or as a multiple of what human text of equal size has."""

    min_ratio: float | None = None
    max_ratio: float | None = None


class Prompt(BaseModel):
    """Limits of what is asked; questions are alike by nature, so that these are wide. null turns one off."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    distinct_1: Limit | None = None
    distinct_2: Limit | None = Limit(min_ratio=0.5)
    distinct_3: Limit | None = Limit(min_ratio=0.6)
    entropy_1: Limit | None = None
    entropy_2: Limit | None = Limit(min_ratio=0.8)
    entropy_3: Limit | None = None
    self_bleu: Limit | None = Limit(max_ratio=7)
    compression_ratio: Limit | None = Limit(max_ratio=1.7)
    vendi: Limit | None = Limit(min_ratio=0.35)
    top_opening: Limit | None = None  # a task with one wording has one
    near_duplicates: Limit | None = Limit(max=0.2)


class Answer(Prompt):
    """Limits of what is answered, or of the text."""

    distinct_1: Limit | None = Limit(min_ratio=0.5)
    distinct_2: Limit | None = Limit(min_ratio=0.6)
    distinct_3: Limit | None = Limit(min_ratio=0.65)
    entropy_2: Limit | None = Limit(min_ratio=0.85)
    self_bleu: Limit | None = Limit(max_ratio=3.5)
    compression_ratio: Limit | None = Limit(max_ratio=1.6)
    vendi: Limit | None = Limit(min_ratio=0.5)
    top_opening: Limit | None = Limit(max=0.15)
    copied_ngrams: Bounds | None = None  # what is quoted from a source is grounded
    copied_runs: Bounds | None = Bounds(max=0.6)


class Gates(BaseModel):
    """`gates:` of a stage; what is not named has its default, and `false` in the place of all turns all off."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    prompt: Prompt = Prompt()
    answer: Answer = Answer()
    topic_coverage: Limit | None = Limit(min_ratio=0.4)
    synthetic_share: Bounds | None = None
    deep_share: Bounds | None = None
    max_depth: Bounds | None = None
    sampling: Sampling = DEFAULT


@dataclass(frozen=True)
class Verdict:
    """What a gate says: its measure's value, that of human text, the limit, whether it passed (None: there was too
    little text to measure), and the worst examples of one that did not: `id`, `text`."""

    gate: str
    passed: bool | None
    value: float | None = None
    human: float | None = None
    limit: dict[str, float] = field(default_factory=dict)
    examples: tuple[dict[str, str], ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """For reports."""
        return asdict(self)

    def __str__(self) -> str:
        if self.passed is None:
            return f"{self.gate}: too little text to measure"
        bounds = ", ".join(f"{name} {value:g}" for name, value in self.limit.items())
        human = "" if self.human is None else f", human text of equal size {self.human:.4g}"
        told = f"{self.gate}: {self.value:.4g}{human} ({bounds})"
        return "\n".join([told, *(f"    {e['id']}: {json.dumps(e['text'])}" for e in self.examples)])


def checked(yml: YamlFile, place: Place, raw: Any) -> Gates | None:
    """The gates written at `place` (None: the defaults; false: none); what is wrong becomes faults of `yml`."""
    if raw is False:
        return None
    found: Gates | None = validate(yml, place, Gates, {} if raw is None else raw)
    return found


def judge(
    rows: pl.DataFrame, measured: Sequence[Measure], gates: Gates, mixture: Mixture | None = None
) -> list[Verdict]:
    """A verdict for each gate that has a limit. `measured` is what `measures(rows, human, gates.sampling)` gave, and
    `rows` have an `id` beside what that takes; `mixture` is what the set is to be mixed into."""
    found = {(m.field, m.name): m for m in measured}
    out = []
    for name, limits in (("prompt", gates.prompt), ("answer", gates.answer)):
        for measure in type(limits).model_fields:
            limit = getattr(limits, measure)
            if limit is not None and name in rows.columns:
                out.append(_verdict(f"{name}.{measure}", limit, found.get((name, measure)), rows))
    if gates.topic_coverage is not None:
        out.append(
            _verdict("topic_coverage", gates.topic_coverage, found.get(("sample", "topic_coverage")), rows)
        )
    return out + _of_mixture(gates, mixture)


def refusal(verdicts: Sequence[Verdict]) -> str:
    """What the gates that said no tell, with the worst examples; empty if none did. Whoever meets one raises
    `curate.errors.GateError` with it."""
    wrong = [verdict for verdict in verdicts if verdict.passed is False]
    return f"{len(wrong)} of {len(verdicts)} gates said no\n" + "\n".join(map(str, wrong)) if wrong else ""


def _verdict(gate: str, limit: Bounds, measure: Measure | None, rows: pl.DataFrame) -> Verdict:
    bounds = {k: v for k, v in limit.model_dump().items() if v is not None}
    if measure is None:
        return Verdict(gate, None, limit=bounds)
    passed = _within(limit, measure.value, measure.human)
    examples = () if passed else tuple(_example(rows, row, measure) for row in measure.worst)
    return Verdict(gate, passed, measure.value, measure.human, bounds, examples)


def _within(limit: Bounds, value: float, human: float | None) -> bool:
    """Whether a value keeps its bounds; to a human value of zero only zero is in proportion."""
    ratio = value / human if human else 1.0 if value == 0 else math.inf
    bounds = limit.model_dump()
    least = [(value, bounds["min"]), (ratio, bounds.get("min_ratio"))]
    most = [(value, bounds["max"]), (ratio, bounds.get("max_ratio"))]
    return all(b is None or got >= b for got, b in least) and all(b is None or got <= b for got, b in most)


def _example(rows: pl.DataFrame, row: int, measure: Measure) -> dict[str, str]:
    told = [rows[name][row] or "" for name in ("prompt", "answer") if name in rows.columns]
    text = "\n".join(told) if measure.field == "sample" else (rows[measure.field][row] or "")
    shown = opening(text) if measure.name == "top_opening" else text
    return {"id": str(rows["id"][row]), "text": shown[:SHOWN]}


def _of_mixture(gates: Gates, mixture: Mixture | None) -> list[Verdict]:
    out = []
    limits = {
        "synthetic_share": gates.synthetic_share,
        "deep_share": gates.deep_share,
        "max_depth": gates.max_depth,
    }
    values = dict(zip(limits, mixture)) if mixture else {}
    for name, limit in limits.items():
        if limit is not None:
            bounds = {k: v for k, v in limit.model_dump().items() if v is not None}
            value = values.get(name)
            none = mixture is None
            passed = None if none else _within(limit, float(value or 0), None)
            out.append(Verdict(name, passed, None if none else float(value or 0), None, bounds))
    return out
