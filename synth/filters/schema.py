"""`schema`: a sample has the shape of one of the training formats, and nothing in it is empty."""

from __future__ import annotations

from synth.filters.base import Context, Filter, Rejection
from synth.samples import Sample


def schema(*, max_turns: int | None = None) -> Filter:
    """Turns alternate from user to assistant behind an optional system turn and end with the user; answers are there
    and not blank; a pair's answers differ. `max_turns` bounds the user's turns."""

    def decide(sample: Sample, context: Context) -> Rejection | None:
        told = _fault(sample)
        if told is None and max_turns is not None:
            turns = sum(message.role == "user" for message in sample.prompt)
            told = f"{turns} user turns" if turns > max_turns else None
        return Rejection("schema", {"fault": told}) if told else None

    return decide


def _fault(sample: Sample) -> str | None:
    """What is wrong with a sample's shape, or None."""
    given = {
        name for name in ("completion", "chosen", "rejected", "text") if getattr(sample, name) is not None
    }
    if given not in ({"completion"}, {"chosen", "rejected"}, {"text"}):
        return f"has {', '.join(sorted(given)) or 'no answer'}: one of completion, chosen and rejected, text"
    if blank := sorted(name for name in given if not getattr(sample, name).strip()):
        return f"{blank[0]} is blank"
    if sample.label is not None and given != {"completion"}:
        return "a label belongs to a completion"
    if given == {"chosen", "rejected"} and sample.chosen.strip() == sample.rejected.strip():  # type: ignore[union-attr]
        return "chosen and rejected are the same"
    return _turns(sample, text="text" in given)


def _turns(sample: Sample, *, text: bool) -> str | None:
    roles = [message.role for message in sample.prompt]
    if blank := [message.role for message in sample.prompt if not message.content.strip()]:
        return f"a {blank[0]} turn is blank"
    if text:
        return "text has no turns before it" if roles else None
    turns = roles[1:] if roles[:1] == ["system"] else roles
    if len(turns) % 2 == 0 or turns != ["user", "assistant"] * (len(turns) // 2) + ["user"]:
        return f"turns do not alternate from user to user: {', '.join(roles) or 'none'}"
    return None
