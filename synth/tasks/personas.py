"""Questions as different people would ask them (personas, Ge et al. 2024), answered from the passage."""

from __future__ import annotations

from hashlib import sha256

from synth.engine.engine import Ask
from synth.filters.base import Rejection
from synth.prompting import Template, provenance, quoted, shown, user
from synth.samples import Passage, Sample
from synth.task import task
from synth.tasks.questions import Question

PERSONAS = [
    "a first-year law student who prepares for an exam",
    "a small-business owner who is about to sign",
    "a tenant who got a letter and is worried",
    "a paralegal who checks citations for a brief",
    "an in-house counsel who must advise the board today",
    "a journalist who writes for a general audience",
    "a judge's clerk who drafts a memorandum",
    "an employee of a public office who must apply the rule",
    "a compliance officer at a bank",
    "a person who is not a native speaker of the language",
    "an engineer who wants to know what is allowed",
    "a historian who wants to know why it was decided so",
]

TEMPLATE = Template(
    """{{passage}}

Take the view of {{persona}}. Write the question that this person would most likely ask about what the passage
says, in their words, so that it makes sense without the passage; and an answer for this person that rests on
the passage alone. Return a JSON object {"question": "...", "answer": "...", "evidence": "..."} where evidence
is copied exactly from the passage.""",
    system="You write questions in the voice of given people, and answers that rest on sources.",
)


@task(formats=("messages", "prompt_completion"))
async def personas(passage: Passage, ask: Ask, *, people: list[str] = PERSONAS) -> list[Sample | Rejection]:
    """One question per passage, by one of `people` (chosen by a hash), with its answer."""
    if not people:
        return [Rejection("no_people")]
    pick = int.from_bytes(sha256(f"{passage.document}/{passage.start}".encode()).digest()[:4]) % len(people)
    answer = await ask(TEMPLATE.filled(passage=shown(passage), persona=people[pick]), Question)
    found = answer.parsed
    spans = (quoted(passage, found.evidence),)
    meta = provenance(TEMPLATE, [answer], persona=people[pick])
    return [
        Sample("personas", "question", user(found.question), found.answer.strip(), evidence=spans, meta=meta)
    ]
