"""Passages written anew for pretraining, in the styles of WRAP (Maini et al. 2024) and Nemotron-CC (Su et al.
2024)."""

from __future__ import annotations

from typing import Literal

from synth.engine.engine import Ask
from synth.filters.base import Rejection
from synth.prompting import Template, provenance, shown
from synth.samples import Passage, Sample, Span
from synth.task import task

Style = Literal["wikipedia", "easy", "questions", "distil", "facts", "list"]

STYLES: dict[Style, str] = {
    "wikipedia": "Paraphrase it in high-quality English as in sentences on Wikipedia.",
    "easy": "Paraphrase it in very simple words that a child of twelve understands, without losing a fact.",
    "questions": "Turn it into up to eight pairs of different kinds, as `Question: …` and `Answer: …`.",
    "distil": "Rewrite it as a clear, concise text that keeps every fact, number, name and date.",
    "facts": "Rewrite it as coherent prose that states all its facts, definitions, rules and their conditions.",
    "list": "Organise it as a structured list of its key information with short headings.",
}
#: A rewriting that is shorter has lost the text (Nemotron-CC drops below 50 tokens).
LEAST = 200

TEMPLATE = Template(
    "{{passage}}\n\n{{style}} Add nothing that is not there. Write only the new text.",
    system="You rewrite documents faithfully.",
)


@task(formats=("text",))
async def rewriting(passage: Passage, ask: Ask, *, style: Style = "wikipedia") -> list[Sample | Rejection]:
    """A passage in another `style`, as a text to pretrain on; question and answer pairs are put behind the
    passage."""
    answer = await ask(TEMPLATE.filled(passage=shown(passage), style=STYLES[style]))
    text = answer.text.strip()
    if len(text) < LEAST:
        return [Rejection("short", {"characters": len(text), "least": LEAST, "text": text})]
    if style == "questions":
        text = f"{passage.text.strip()}\n\n{text}"
    span = Span(passage.document, passage.start, passage.end, passage.text)
    return [Sample("rewriting", style, text=text, evidence=(span,), meta=provenance(TEMPLATE, [answer]))]
