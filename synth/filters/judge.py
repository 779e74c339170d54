"""`judge`: a language model says of each claim of an answer whether the passage supports it.

The prompt asks for claims with a quotation each, before any verdict, and the verdict is drawn from the claims here: a
label beside its own reasons may contradict them. A quotation that does not stand in the passage counts for nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from synth.filters.base import Context, Filter, Rejection, answer, asked, sources
from synth.filters.locating import locate
from synth.samples import Message, Sample

#: The text of a model's reply to messages.
Ask = Callable[[Sequence[Message]], str]

SYSTEM = """\
You check whether an answer is supported by a passage. You use the passage alone, not what you know of the world.

Split the answer into its claims: each a short statement that is true or false by itself, with numbers, dates, names, \
conditions and exceptions kept. For each claim copy the words of the passage that support it, exactly as they stand \
there. If no words do, the quote is empty and supported is false. A claim is not supported if the passage says less, \
says it of someone else, says it under a condition that the claim leaves out, or contradicts it. An answer that makes \
no claim (a refusal, an empty phrase) has no claims.

Reply with one JSON object and nothing else:
{"claims": [{"claim": "...", "quote": "...", "supported": true}], "answers_question": true}

"answers_question" says whether the answer answers what was asked."""

#: Passage, question, answer and reply: shown to the model; the tests hold that each says what its claims say.
EXAMPLES: tuple[tuple[str, str, str, str], ...] = (
    (
        "The Tenant shall pay rent of $2,400 on the first day of each month. If rent is more than five days late, the "
        "Landlord may charge a fee of $100.",
        "When may the landlord charge a late fee, and how much?",
        "The landlord may charge $100 when rent is more than five days late.",
        '{"claims": [{"claim": "The landlord may charge a late fee of $100.", "quote": "the Landlord may charge a fee '
        'of $100", "supported": true}, {"claim": "The fee may be charged when rent is more than five days late.", '
        '"quote": "If rent is more than five days late", "supported": true}], "answers_question": true}',
    ),
    (
        "The Tenant shall pay rent of $2,400 on the first day of each month. If rent is more than five days late, the "
        "Landlord may charge a fee of $100.",
        "When may the landlord charge a late fee, and how much?",
        "The landlord must charge $100 when rent is more than three days late.",
        '{"claims": [{"claim": "The landlord must charge a late fee of $100.", "quote": "", "supported": false}, '
        '{"claim": "The fee is charged when rent is more than three days late.", "quote": "", "supported": false}], '
        '"answers_question": true}',
    ),
)


class Claim(BaseModel):
    """One statement of an answer, and the words of the passage that support it."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    claim: Annotated[str, Field(min_length=1)]
    quote: str
    supported: bool


class Reply(BaseModel):
    """What the judge says; `model_json_schema()` is what a server is given as the schema of its output."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    claims: list[Claim]
    answers_question: bool


class Judgement(BaseModel):
    """A reply held to the passage: `grounded` is the share of claims (0 to 1) that are supported and quoted."""

    model_config = ConfigDict(frozen=True)

    grounded: float
    answers_question: bool
    unsupported: list[str]


def messages(sample: Sample, context: Context) -> list[Message]:
    """What is sent to the judge."""
    turns = [Message("system", SYSTEM)]
    for passage, question, told, reply in EXAMPLES:
        turns += [Message("user", _case(passage, question, told)), Message("assistant", reply)]
    shown = "\n\n".join(sources(sample, context))
    return [*turns, Message("user", _case(shown, asked(sample, context), answer(sample)))]


def parse(reply: str, shown: Sequence[str]) -> Judgement:
    """The judgement in a reply; `shown` are the texts that quotations must stand in.

    Raises:
        ValueError: it is not the JSON that was asked for.
    """
    fenced = re.search(r"```(?:json)?\s*(.*?)```", reply, re.S)
    text = fenced[1] if fenced else reply
    begin = text.find("{")
    if begin < 0:
        raise ValueError("the reply holds no JSON object")
    try:
        value, _ = json.JSONDecoder().raw_decode(text[begin:])
        found = Reply.model_validate(value)
    except ValidationError as error:
        told = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise ValueError(f"the reply does not fit the schema: {told}") from error
    except json.JSONDecodeError as error:
        raise ValueError(f"the reply is not JSON: {error}") from error
    bad = [claim.claim for claim in found.claims if not (claim.supported and _stands(claim.quote, shown))]
    share = 1 - len(bad) / len(found.claims) if found.claims else 0.0
    return Judgement(grounded=share, answers_question=found.answers_question, unsupported=bad)


def judge(
    ask: Ask, *, min_grounded: Annotated[float, Field(gt=0, le=1)] = 1.0, relevant: bool = True
) -> Filter:
    """Refuse answers of whose claims less than `min_grounded` are supported, and, with `relevant`, those that do not
    answer the question; a reply that cannot be read refuses too. `meta` notes `judge_grounded`."""

    def decide(sample: Sample, context: Context) -> Sample | Rejection:
        reply = ask(messages(sample, context))
        try:
            found = parse(reply, sources(sample, context))
        except ValueError as error:
            return Rejection("judge_unreadable", {"error": str(error), "reply": reply[:500]})
        detail: dict[str, Any] = {"grounded": round(found.grounded, 4), "unsupported": found.unsupported}
        if found.grounded < min_grounded:
            return Rejection("ungrounded", detail)
        if relevant and not found.answers_question:
            return Rejection("beside_the_question", detail)
        return replace(sample, meta=sample.meta | {"judge_grounded": found.grounded})

    return decide


def _case(passage: str, question: str, told: str) -> str:
    return f"Passage:\n{passage}\n\nQuestion:\n{question}\n\nAnswer:\n{told}"


def _stands(quote: str, shown: Sequence[str]) -> bool:
    return any(found and found.how != "fuzzy" for found in (locate(text, quote, least=1.0) for text in shown))
