"""Conversations of several turns about a passage, each answer grounded in it."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

from synth.engine.engine import Ask
from synth.filters.base import Rejection
from synth.prompting import Template, provenance, quoted, shown
from synth.samples import Message, Passage, Sample
from synth.task import task


class Turn(BaseModel):
    """A question and its answer."""

    user: str = Field(min_length=2)
    assistant: str = Field(min_length=1)
    evidence: str = Field(min_length=4)


class Conversation(BaseModel):
    """What the model returns."""

    turns: list[Turn] = Field(min_length=2, max_length=10)


TEMPLATE = Template(
    """{{passage}}

Write a conversation of {{n}} turns in which a person asks about this passage and an assistant answers. The
first question names the document or the parties; later ones follow up, as people do ("And if they refuse?").
Every answer is supported by the passage. Return a JSON object {"turns": [{"user": "...", "assistant": "...",
"evidence": "..."}]} where evidence is copied exactly from the passage.""",
    system="You write natural conversations that never go beyond their source.",
)


@task(formats=("messages", "prompt_completion"))
async def conversations(
    passage: Passage, ask: Ask, *, turns: Annotated[int, Field(ge=2, le=10)] = 3
) -> list[Sample | Rejection]:
    """A conversation of `turns` questions and answers; the last answer is the completion."""
    answer = await ask(TEMPLATE.filled(passage=shown(passage), n=turns), Conversation)
    said = answer.parsed.turns[:turns]
    prompt: list[Message] = []
    for turn in said[:-1]:
        prompt += [Message("user", turn.user.strip()), Message("assistant", turn.assistant.strip())]
    prompt.append(Message("user", said[-1].user.strip()))
    spans = tuple(quoted(passage, turn.evidence) for turn in said)
    meta = provenance(TEMPLATE, [answer], turns=len(said))
    return [
        Sample(
            "conversations", "grounded", tuple(prompt), said[-1].assistant.strip(), evidence=spans, meta=meta
        )
    ]
