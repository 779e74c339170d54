"""Instruction back-translation (Li et al. 2023): the passage is the answer, the model writes what asks for it."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

from synth.engine.engine import Ask
from synth.filters.base import Rejection
from synth.prompting import Template, provenance, shown, user
from synth.samples import Passage, Sample, Span
from synth.task import task


class Instruction(BaseModel):
    """What the model returns; `fit` is how well the passage answers its own instruction, from 1 to 5."""

    instruction: str = Field(min_length=12)
    fit: int = Field(ge=1, le=5)


TEMPLATE = Template(
    """{{passage}}

Write the instruction to which this text, word for word, would be an excellent response: say what kind of text
it is, what it is about and what it must contain, without quoting it. Then judge from 1 to 5 how well the text
answers your instruction (5: an expert would have written it as an answer; 1: it is a fragment, a list of
references or boilerplate). Return a JSON object {"instruction": "...", "fit": 1}.""",
    system="You write instructions for texts that are already there.",
)


@task(formats=("messages", "prompt_completion"))
async def backtranslation(
    passage: Passage, ask: Ask, *, least_fit: Annotated[int, Field(ge=1, le=5)] = 4
) -> list[Sample | Rejection]:
    """An instruction that the passage answers; kept from `least_fit` on (Li et al. keep 5, then 4)."""
    answer = await ask(TEMPLATE.filled(passage=shown(passage)), Instruction)
    found = answer.parsed
    if found.fit < least_fit:
        return [Rejection("fit", {"fit": found.fit, "least": least_fit, "instruction": found.instruction})]
    span = Span(passage.document, passage.start, passage.end, passage.text)
    meta = provenance(TEMPLATE, [answer], scores={"fit": found.fit})
    return [
        Sample(
            "backtranslation",
            "passage",
            user(found.instruction),
            passage.text.strip(),
            evidence=(span,),
            meta=meta,
        )
    ]
