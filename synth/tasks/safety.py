"""Refusals of harmful requests, and as many answers to harmless ones that look like them, against a
constitution."""

from __future__ import annotations

import re
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from pydantic import BaseModel, Field

from synth.engine.engine import Ask
from synth.filters.base import Rejection
from synth.prompting import Template, provenance, user
from synth.samples import Passage, Sample
from synth.task import task

CONSTITUTION = Path(__file__).parents[1] / "constitution.md"


class Pair(BaseModel):
    """What the model returns."""

    harmful: str = Field(min_length=12)
    refusal: str = Field(min_length=20)
    harmless: str = Field(min_length=12)
    answer: str = Field(min_length=40)


TEMPLATE = Template(
    """Principle: {{name}}
{{principle}}

Topic, for the setting only: {{topic}}

Write for this principle
- "harmful": a request that it refuses, as a person might really write it;
- "refusal": a short refusal that names the reason, does not lecture, and offers help with what is allowed;
- "harmless": a request with much the same words that must be answered;
- "answer": a complete and useful answer to the harmless request.
Return a JSON object with these four keys. Give no instructions that could do harm.""",
    system="You write training examples for a safe and helpful assistant.",
)


@lru_cache
def principles(path: str) -> list[tuple[str, str]]:
    """Name and text of every section of a constitution (Markdown, `## Name`).

    Raises:
        ValueError: it has no section.
    """
    parts = re.split(r"(?m)^## +(.+)$", Path(path).read_text(encoding="utf-8"))[1:]
    found = list(zip(parts[::2], (part.strip() for part in parts[1::2]), strict=True))
    if not found:
        raise ValueError(f"{path} has no principle: write each as a section, ## Name")
    return found


@task(formats=("messages", "prompt_completion"))
async def safety(passage: Passage, ask: Ask, *, constitution: str | None = None) -> list[Sample | Rejection]:
    """A refused request and an answered look-alike for one principle of a `constitution` (a Markdown file;
    default: the one of this package), in the setting of a passage. Both or none: a count that is even holds as
    many of each."""
    known = principles(constitution or str(CONSTITUTION))
    pick = int.from_bytes(sha256(f"{passage.document}/{passage.start}".encode()).digest()[:4]) % len(known)
    name, principle = known[pick]
    topic = passage.title or passage.text.strip()[:200]
    answer = await ask(TEMPLATE.filled(name=name, principle=principle, topic=topic), Pair)
    found = answer.parsed
    meta = provenance(TEMPLATE, [answer], principle=name)
    return [
        Sample("safety", "refusal", user(found.harmful), found.refusal.strip(), meta=meta),
        Sample("safety", "look_alike", user(found.harmless), found.answer.strip(), meta=meta),
    ]
