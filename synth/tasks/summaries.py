"""Summaries of passages, with the sentences that they rest on."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from synth.engine.engine import Ask
from synth.filters.base import Rejection
from synth.prompting import Template, provenance, quoted, shown, user
from synth.samples import Passage, Sample
from synth.task import task


class Summary(BaseModel):
    """What the model returns."""

    summary: str = Field(min_length=20)
    evidence: list[str] = Field(min_length=1, max_length=8)


READERS = {
    "lawyer": "a lawyer: exact terms, parties, dates, amounts and conditions stay",
    "client": "somebody without legal training: plain words, short sentences, nothing essential left out",
}

TEMPLATE = Template(
    """{{passage}}

Summarise this passage in at most {{n}} sentences for {{reader}}. Say nothing that it does not say.
Return a JSON object {"summary": "...", "evidence": ["...", ...]} where evidence lists the sentences of the
passage, copied exactly, that the summary rests on.""",
    system="You summarise documents faithfully.",
)
ASKED = "Summarise the following in at most {{n}} sentences for {{reader}}.\n\n{{passage}}"


@task(formats=("messages", "prompt_completion"))
async def summaries(
    passage: Passage,
    ask: Ask,
    *,
    sentences: Annotated[int, Field(ge=1, le=10)] = 3,
    reader: Literal["lawyer", "client"] = "lawyer",
) -> list[Sample | Rejection]:
    """A summary of at most `sentences` sentences for a `reader`; the passage stands in the prompt."""
    values = {"n": sentences, "reader": READERS[reader].partition(":")[0], "passage": passage.text.strip()}
    answer = await ask(TEMPLATE.filled(passage=shown(passage), n=sentences, reader=READERS[reader]), Summary)
    prompt = Template(ASKED).filled(**values)[-1]["content"]
    spans = tuple(quoted(passage, one) for one in answer.parsed.evidence)
    meta = provenance(TEMPLATE, [answer], context=True)
    return [
        Sample("summaries", reader, user(prompt), answer.parsed.summary.strip(), evidence=spans, meta=meta)
    ]
