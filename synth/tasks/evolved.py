"""Questions made harder step by step (Evol-Instruct, Xu et al. 2023), answered from the passage."""

from __future__ import annotations

from hashlib import sha256
from typing import Annotated

from pydantic import BaseModel, Field

from synth.engine.engine import Ask
from synth.filters.base import Rejection
from synth.prompting import Template, provenance, quoted, shown, user
from synth.samples import Passage, Sample
from synth.task import task
from synth.tasks.questions import Question

WAYS = {
    "constraint": "add one condition or requirement",
    "depth": "ask for the reason or the consequence as well",
    "concrete": "replace a general term by a concrete case to which it applies",
    "steps": "make it need at least two steps of reasoning",
    "comparison": "make it compare two things of the passage",
}


class Harder(BaseModel):
    """A question on its way."""

    question: str = Field(min_length=8)


FIRST = Template(
    """{{passage}}

Write one question about this passage that makes sense without it.
Return a JSON object {"question": "..."}.""",
    system="You write questions from source documents.",
)
EVOLVE = Template(
    """{{passage}}

Rewrite this question so that it is harder, but can still be answered from the passage alone: {{way}}. Add at most
twenty words.

Question: {{question}}

Return a JSON object {"question": "..."}.""",
    system="You make questions harder without making them unclear.",
)
ANSWER = Template(
    """{{passage}}

Answer this question from the passage alone, completely and with reasons.

Question: {{question}}

Return a JSON object {"question": "...", "answer": "...", "evidence": "..."}: the question as it stands, your
answer, and the sentences of the passage that support it, copied exactly.""",
    system="You answer from source documents and add nothing.",
)


@task(formats=("messages", "prompt_completion"))
async def evolved(
    passage: Passage, ask: Ask, *, rounds: Annotated[int, Field(ge=1, le=5)] = 2
) -> list[Sample | Rejection]:
    """A question that was made harder `rounds` times, and its answer; the way stands in `meta_detail`."""
    answers = [await ask(FIRST.filled(passage=shown(passage)), Harder)]
    names, way = sorted(WAYS), []
    for number in range(rounds):
        pick = sha256(f"{passage.document}/{passage.start}/{number}".encode()).digest()[0] % len(names)
        before = answers[-1].parsed.question
        turns = EVOLVE.filled(passage=shown(passage), way=WAYS[names[pick]], question=before)
        answers.append(await ask(turns, Harder))
        if answers[-1].parsed.question.strip() == before.strip():
            return [Rejection("not_evolved", {"round": number + 1, "question": before})]
        way.append({"way": names[pick], "from": before})
    question = answers[-1].parsed.question
    answers.append(await ask(ANSWER.filled(passage=shown(passage), question=question), Question))
    last = answers[-1].parsed
    spans = (quoted(passage, last.evidence),)
    meta = provenance(ANSWER, answers, evolution=way)
    return [
        Sample("evolved", f"rounds_{rounds}", user(question), last.answer.strip(), evidence=spans, meta=meta)
    ]
