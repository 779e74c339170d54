"""Texts about how entities of a passage relate, after EntiGraph (Yang et al. 2024): the same facts told many
ways."""

from __future__ import annotations

import asyncio
from itertools import combinations
from typing import Annotated

from pydantic import BaseModel, Field

from synth.engine.engine import Ask
from synth.filters.base import Rejection
from synth.prompting import Template, provenance, shown
from synth.samples import Passage, Sample, Span
from synth.task import task


class Entities(BaseModel):
    """What the model returns first."""

    entities: list[str] = Field(min_length=2, max_length=20)


LIST = Template(
    """{{passage}}

List the entities that matter in this passage: persons, organisations, statutes, courts, defined terms, legal
concepts. Use the passage's own names. Return a JSON object {"entities": ["...", ...]}.""",
    system="You analyse documents.",
)
RELATE = Template(
    """{{passage}}

Discuss in one to three paragraphs how these relate to each other, on the grounds of the passage alone:
{{entities}}. Name the document. Write only the discussion.""",
    system="You analyse documents. You never add facts of your own.",
)


@task(formats=("text",))
async def entities(
    passage: Passage, ask: Ask, *, relations: Annotated[int, Field(ge=1, le=30)] = 4
) -> list[Sample | Rejection]:
    """Discussions of pairs of entities of a passage, `relations` of them, as texts to pretrain on."""
    listed = await ask(LIST.filled(passage=shown(passage)), Entities)
    names = list(
        dict.fromkeys(name.strip() for name in listed.parsed.entities if name.strip() in passage.text)
    )
    pairs = list(combinations(names, 2))[:relations]
    if not pairs:
        return [Rejection("no_entities", {"named": listed.parsed.entities})]
    told = await asyncio.gather(
        *(ask(RELATE.filled(passage=shown(passage), entities=" and ".join(pair))) for pair in pairs)
    )
    span = Span(passage.document, passage.start, passage.end, passage.text)
    return [
        Sample(
            "entities", "pair", text=answer.text.strip(), evidence=(span,),
            meta=provenance(RELATE, [listed, answer], entities=list(pair)),
        )
        for pair, answer in zip(pairs, told, strict=True)
    ]  # fmt: skip
