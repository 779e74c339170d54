"""What a filter is, and a chain of them that decides on samples in the order of candidates.

A filter is a function `(sample, context) -> None | Sample | Rejection`: None lets the sample pass, a sample is what
passes in its place (evidence moved to where it stands, a score noted in `meta`), a rejection says why it does not. One
that remembers what was accepted (duplicates) also has `accept(sample, context)`, and changes in nothing else, so that
the same candidates in the same order give the same decisions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from synth.samples import Passage, Sample

#: Characters from which on a passage is a document, and how much of it counts on either side of the evidence.
LONG, AROUND = 8000, 2000
#: Characters from which on a paragraph of a prompt that stands in a passage is shown, not asked.
SHOWN = 60
#: Between paragraphs: blank lines, and lines that fence a passage in ("---", a tag, three quotation marks).
_PARAGRAPHS = re.compile(r"\n\s*\n|^[ \t]*(?:[\"'`~]{3}|-{3,}|={3,}|</?\w+>)[ \t]*$", re.M)

#: What of a sample is looked at: what is asked, what is answered, or both.
Of = Literal["sample", "prompt", "answer"]


@dataclass(frozen=True)
class Rejection:
    """Why a sample goes: a reason to count by, and the values that decided."""

    reason: str
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Context:
    """What a sample was made from: the passages that its generator saw, and whole documents by id where there are."""

    passages: tuple[Passage, ...] = ()
    documents: Mapping[str, str] = field(default_factory=dict)


Verdict = Sample | Rejection | None
Filter = Callable[[Sample, Context], Verdict]


class Filters:
    """Named filters one behind the other (`uses`); the first that says no decides.

    Calling decides and remembers nothing: `accept` tells the filters of a sample (as the call gave it back) that went
    into the set. Call in the order of candidates, never of arrival.
    """

    def __init__(self, uses: Sequence[tuple[str, Filter]]):
        self.uses = tuple(uses)

    def __call__(self, sample: Sample, context: Context) -> Sample | Rejection:
        for _, decide in self.uses:
            verdict = decide(sample, context)
            if isinstance(verdict, Rejection):
                return verdict
            sample = verdict or sample
        return sample

    def accept(self, sample: Sample, context: Context) -> None:
        """Remember a sample that is now in the set."""
        for _, decide in self.uses:
            if hasattr(decide, "accept"):
                decide.accept(sample, context)


def answer(sample: Sample) -> str:
    """What is learnt to be said: the completion, the chosen answer, or the text."""
    return next((t for t in (sample.completion, sample.chosen, sample.text) if t is not None), "")


def answers(sample: Sample) -> list[str]:
    """`answer` behind the answers of earlier turns."""
    return [*(m.content for m in sample.prompt if m.role == "assistant"), answer(sample)]


def asked(sample: Sample, context: Context) -> str:
    """What the user says, without the passages that are shown with it."""
    return bare("\n".join(m.content for m in sample.prompt if m.role == "user"), context)


def bare(text: str, context: Context) -> str:
    """`text` without the passages that stand in it, and without its paragraphs that stand in one (of a whole document a
    prompt shows a part)."""
    known = [_folded(passage.text) for passage in context.passages if passage.text.strip()]
    for passage in sorted(context.passages, key=lambda p: -len(p.text)):
        if passage.text.strip():
            text = text.replace(passage.text.strip(), "\n\n")
    parts = [part for part in _PARAGRAPHS.split(text) if part.strip()]
    return "\n\n".join(part.strip() for part in parts if not _shown(_folded(part), known))


def shows(sample: Sample, context: Context) -> bool:
    """Whether the user's turns show a passage, or a part of it."""
    return any(
        bare(m.content, context) != bare(m.content, Context()) for m in sample.prompt if m.role == "user"
    )


@lru_cache(maxsize=16)  # samples of one document come one after the other
def _folded(text: str) -> str:
    return " ".join(text.split())


def _shown(part: str, known: Sequence[str]) -> bool:
    return len(part) >= SHOWN and any(part in text for text in known)


def part(sample: Sample, context: Context, of: Of) -> str:
    """The text of a sample that `of` names."""
    found = {"prompt": [asked(sample, context)], "answer": [answer(sample)]}
    return "\n".join(found.get(of, [asked(sample, context), answer(sample)])).strip()


def texts(sample: Sample, context: Context) -> list[str]:
    """Everything that a trainer would see, passages aside: turns, and answers good and bad."""
    ends = [t for t in (sample.completion, sample.chosen, sample.rejected, sample.text) if t is not None]
    return [bare(t, context) for t in [*(m.content for m in sample.prompt), *ends]]


def sources(sample: Sample, context: Context) -> list[str]:
    """What an answer may rest on: the passages with their titles, and the evidence. A passage that is a long document
    counts as far as it stands around the evidence: in a whole contract nearly every number occurs."""
    shown = []
    for passage in context.passages:
        text = passage.text
        spans = [span for span in sample.evidence if span.document == passage.document]
        if len(text) > LONG and spans:
            begin = max(0, min(span.start for span in spans) - passage.start - AROUND)
            text = text[begin : max(span.end for span in spans) - passage.start + AROUND]
        shown.append(f"{passage.title}\n{text}" if passage.title else text)
    return [*shown, *(span.text for span in sample.evidence)]


def words(text: str) -> NDArray[np.uint64]:
    """Hashes of the words of one text, as `curate.kernels.tokens.word_hashes` of a column."""
    from curate.kernels.tokens import hash_words, word_table

    data = np.frombuffer(text.encode("utf-8", "surrogatepass"), np.uint8)
    found = np.empty(len(data), np.uint64)
    return found[: hash_words(data, 0, len(data), word_table(), found)].copy()
