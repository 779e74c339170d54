"""Questions on a passage, each with its answer and the sentence that it rests on."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from synth.engine.engine import Ask
from synth.filters.base import Rejection
from synth.prompting import Template, provenance, quoted, shown, user
from synth.samples import Passage, Sample
from synth.task import task


class Question(BaseModel):
    """One question."""

    question: str = Field(min_length=8)
    answer: str = Field(min_length=1)
    evidence: str = Field(min_length=8)


class Questions(BaseModel):
    """What the model returns."""

    questions: list[Question] = Field(min_length=1, max_length=12)


LEVELS = {
    "recall": "answered by one sentence of the passage",
    "reasoning": "answered by putting together two or more statements of the passage",
    "application": "a short case to which a rule of the passage applies; the answer applies the rule",
}

TEMPLATE = Template(
    """{{passage}}

Write {{n}} questions about this passage for a reader who does not have it in front of them: name the document, the
parties or the rule, so that each question makes sense by itself. Each is {{level}}. For each question give
- "question": the question;
- "answer": a complete answer in one to four sentences that says nothing which the passage does not support;
- "evidence": the sentence or sentences of the passage that support the answer, copied exactly, character by
character. Do not ask about page numbers, footnotes, headings or the passage itself. Do not write "according to
the passage". Return a JSON object {"questions": [...]}.""",
    system="You write careful questions and answers from source documents. You never add facts of your own.",
)


@task(formats=("messages", "prompt_completion"))
async def questions(
    passage: Passage,
    ask: Ask,
    *,
    per_passage: Annotated[int, Field(ge=1, le=12)] = 3,
    level: Literal["recall", "reasoning", "application"] = "recall",
) -> list[Sample | Rejection]:
    """Questions of a `level`, answers and the exact evidence, `per_passage` of each passage."""
    turns = TEMPLATE.filled(passage=shown(passage), n=per_passage, level=LEVELS[level])
    answer = await ask(turns, Questions)
    meta = provenance(TEMPLATE, [answer])
    return [
        Sample(
            "questions",
            level,
            user(one.question),
            one.answer.strip(),
            evidence=(quoted(passage, one.evidence),),
            meta=meta,
        )
        for one in answer.parsed.questions[:per_passage]
    ]
