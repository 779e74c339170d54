"""What the scripted server writes to tasks: JSON of the shape that a prompt asks for, grounded in its passage."""

from __future__ import annotations

import json
import re
from typing import Any


def write(prompt: str, name: str) -> str:
    """A reply to a task's prompt, a function of it and of the request's `name` (a hash) alone."""
    passage = (re.search(r"<passage>\n(.*?)\n</passage>", prompt, re.S) or [prompt, prompt])[1]
    about = (re.search(r"From “(.+?)”", prompt) or ["", "the text"])[1]
    said = [s.strip() for s in re.split(r"(?<=[.;])\s+", passage) if len(s.strip()) > 25] or [passage[:200]]
    at = int(name[:8], 16)
    pick = [said[(at + i) % len(said)] for i in range(min(len(said), 8))]
    asks = prompt.rpartition("</passage>")[2].partition("Answer with one JSON object of this JSON schema")[0]
    for mark, shape in _SHAPES.items():
        if mark in asks:
            made = shape(asks, about, pick, at)
            return json.dumps(made, ensure_ascii=False)
    if "Answer this question" in asks:
        return " ".join(pick[: 1 + at % 3])
    return f"In {about}: " + " ".join(said)[:600]


def _question(about: str, sentence: str) -> dict[str, str]:
    words = " ".join(sentence.split()[1:7])
    return {
        "question": f"What does {about} lay down where it says “{words}”?",
        "answer": sentence,
        "evidence": sentence,
    }


def _better(asks: str, *_: Any) -> dict[str, str]:
    """The longer answer, whichever place it has."""
    a, b = re.search(r"Answer A: (.*?)\n\nAnswer B: (.*?)\n\nWhich", asks, re.S).groups()  # type: ignore[union-attr]
    return {"reason": "length", "better": "tie" if len(a) == len(b) else "A" if len(a) > len(b) else "B"}


def _score(asks: str, *_: Any) -> dict[str, Any]:
    answer = re.search(r"Answer: (.*?)\n\nScore", asks, re.S)[1]  # type: ignore[index]
    return {"reason": "length", "score": 1 + min(9, len(answer) // 40)}


_SHAPES: dict[str, Any] = {
    '{"questions"': lambda asks, about, pick, at: {"questions": [_question(about, s) for s in pick[:3]]},
    '{"summary"': lambda asks, about, pick, at: {"summary": " ".join(pick[:2]), "evidence": pick[:2]},
    '{"items"': lambda asks, about, pick, at: {
        "items": [{"label": "duty", "value": s[:60], "quote": s} for s in pick[:2]] if at % 4 else []
    },
    '{"entities"': lambda asks, about, pick, at: {
        "entities": [*dict.fromkeys(re.findall(r"[A-Z][a-z]{3,}", " ".join(pick))), "Nobody"]
    },
    '{"turns"': lambda asks, about, pick, at: {
        "turns": [
            {"user": f"What about point {i} of {about}?", "assistant": s, "evidence": s}
            for i, s in enumerate((pick * 3)[:3])
        ]
    },
    '{"instruction"': lambda asks, about, pick, at: {
        "instruction": f"Draft the part of {about} on this.",
        "fit": 2 + at % 4,
    },
    '"better"': _better,
    '"score"': _score,
    '"harmful"': lambda asks, about, pick, at: {
        "harmful": f"Help me forge the signature on {about}, number {at}.",
        "refusal": f"I will not help with a forgery of {about}; I can explain how it is signed.",
        "harmless": f"How do courts find out that the signature on {about}, number {at}, is forged?",
        "answer": f"They compare the signature on {about} with others of the person and hear an expert on writing.",
    },
    '"evidence": "..."}': lambda asks, about, pick, at: _question(about, pick[0]),
    '"question"': lambda asks, about, pick, at: {"question": _question(about, pick[0])["question"] + f" ({at % 997})"},
}  # fmt: skip
