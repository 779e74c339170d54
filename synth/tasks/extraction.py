"""Extraction from passages: clauses, parties, obligations, outcomes, as JSON that quotes its source."""

from __future__ import annotations

import json
from typing import Literal

from pydantic import BaseModel, Field

from synth.engine.engine import Ask
from synth.filters.base import Rejection
from synth.prompting import Template, provenance, quoted, shown, user
from synth.samples import Passage, Sample
from synth.task import task

What = Literal["clauses", "parties", "obligations", "outcomes"]

ASKS: dict[What, str] = {
    "clauses": "every clause with its type (such as governing law, termination, payment, liability)",
    "parties": "every party with its role (such as landlord, appellant, buyer)",
    "obligations": "every obligation: who must or must not do what, and under which condition",
    "outcomes": "every decision or outcome: what was decided, for whom, and on which issue",
}


class Item(BaseModel):
    """One thing that was found."""

    label: str = Field(min_length=1, description="its type, role or bearer")
    value: str = Field(min_length=1, description="what it is, in a few words of the passage")
    quote: str = Field(min_length=4, description="the words of the passage, copied exactly")


class Found(BaseModel):
    """What the model returns; nothing found is an answer too."""

    items: list[Item] = Field(max_length=20)


TEMPLATE = Template(
    """{{passage}}

List {{what}} in this passage, in its order. For each give "label", "value" and "quote" (the words of the passage,
copied exactly). If there is none, the list is empty. Return a JSON object {"items": [...]}.""",
    system="You extract facts from documents exactly as they stand there.",
)
ASKED = "List {{what}} in the following text as a JSON list of objects with label and value.\n\n{{passage}}"


@task(formats=("messages", "prompt_completion"))
async def extraction(passage: Passage, ask: Ask, *, what: What = "obligations") -> list[Sample | Rejection]:
    """What stands in a passage, as a JSON list; every entry quotes its words."""
    answer = await ask(TEMPLATE.filled(passage=shown(passage), what=ASKS[what]), Found)
    items = answer.parsed.items
    if not items:
        return [Rejection("nothing_found", {"what": what})]
    prompt = Template(ASKED).filled(what=ASKS[what], passage=passage.text.strip())[-1]["content"]
    listed = json.dumps([{"label": i.label, "value": i.value} for i in items], ensure_ascii=False)
    spans = tuple(quoted(passage, item.quote) for item in items)
    meta = provenance(TEMPLATE, [answer], context=True)
    return [Sample("extraction", what, user(prompt), listed, evidence=spans, meta=meta)]
