"""Preference pairs: several answers to a question, the best against the worst, judged in both orders."""

from __future__ import annotations

import asyncio
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from synth.engine.answer import Answer
from synth.engine.engine import Ask
from synth.filters.base import Rejection
from synth.prompting import Template, provenance, shown, user
from synth.samples import Passage, Sample, Span
from synth.task import task
from synth.tasks.evolved import FIRST, Harder


class Score(BaseModel):
    """A judge's score of one answer."""

    reason: str
    score: float = Field(ge=1, le=10)


class Better(BaseModel):
    """A judge's choice between two."""

    reason: str
    better: Literal["A", "B", "tie"]


ANSWER = Template("{{passage}}\n\nAnswer this question from the passage.\n\n{{question}}")
JUDGE = Template(
    """{{passage}}

Question: {{question}}

Answer: {{answer}}

Score this answer from 1 to 10. What counts, in this order: nothing in it goes beyond or against the passage;
it answers the question; it is complete; it is clear. Length does not count. Return a JSON object {"reason":
"...", "score": 1}.""",
    system="You are a strict and fair judge of answers.",
)
COMPARE = Template(
    """{{passage}}

Question: {{question}}

Answer A: {{a}}

Answer B: {{b}}

Which answer is better? What counts, in this order: nothing in it goes beyond or against the passage; it
answers the question; it is complete; it is clear. Length and order do not count. Return a JSON object
{"reason": "...", "better": "A", "B" or "tie"}.""",
    system="You are a strict and fair judge of answers.",
)


@task(formats=("preference",))
async def preferences(
    passage: Passage,
    ask: Ask,
    *,
    answers: Annotated[int, Field(ge=2, le=16)] = 4,
    margin: Annotated[float, Field(ge=0, le=9)] = 2.0,
    temperature: Annotated[float, Field(gt=0, le=2)] = 1.0,
) -> list[Sample | Rejection]:
    """Of several `answers` to a question the best scored against the worst, if their scores are at least
    `margin` apart and the judge prefers the best in both orders. Ties and disagreement are rejected with the
    scores."""
    asked = await ask(FIRST.filled(passage=shown(passage)), Harder)
    values = {"passage": shown(passage), "question": asked.parsed.question}
    given = await asyncio.gather(
        *(ask(ANSWER.filled(**values), sample=i, temperature=temperature) for i in range(answers))
    )
    texts = list(dict.fromkeys(answer.text.strip() for answer in given))
    if len(texts) < 2:
        return [Rejection("all_equal", {"answers": len(given)})]
    judged = await asyncio.gather(
        *(ask(JUDGE.filled(**values, answer=text), Score, temperature=0.0) for text in texts)
    )
    ranked = sorted(
        zip((j.parsed.score for j in judged), texts, strict=True), key=lambda pair: (-pair[0], pair[1])
    )
    (high, best), (low, worst) = ranked[0], ranked[-1]
    scores = {
        "chosen": high,
        "rejected": low,
        "margin": round(high - low, 3),
        "all": [score for score, _ in ranked],
    }
    if high - low < margin or high == low:
        return [Rejection("margin", scores | {"least": margin})]
    both = await _compared(ask, values, best, worst)
    if [answer.parsed.better for answer in both] != ["A", "B"]:
        return [Rejection("order", scores | {"judged": [answer.parsed.better for answer in both]})]
    span = Span(passage.document, passage.start, passage.end, passage.text)
    used: list[Answer] = [asked, *given, *judged, *both]
    meta = provenance(JUDGE, used, scores=scores)
    prompt = user(asked.parsed.question)
    return [Sample("preferences", "judged", prompt, chosen=best, rejected=worst, evidence=(span,), meta=meta)]


async def _compared(ask: Ask, values: dict[str, str], best: str, worst: str) -> list[Answer]:
    """The judge's choice with the best as A, then as B."""
    orders = ((best, worst), (worst, best))
    return list(
        await asyncio.gather(
            *(ask(COMPARE.filled(**values, a=a, b=b), Better, temperature=0.0) for a, b in orders)
        )
    )
