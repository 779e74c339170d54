"""Verbatim extraction: which texts of the training corpus the model writes on when it is given how they go on.

After Carlini et al. 2022, "Quantifying memorization across neural language models" (arXiv:2202.07646): a model that is
given `prefix` tokens of a training document (50) and continues them greedily gives away the next `length` (50) if it
writes them. Verbatim means the same characters; nearly means a normalised edit similarity of tokens of 0.9 or more, or
that 0.9 of the text's 5-grams of tokens are in the continuation (Ippolito et al. 2022, arXiv:2210.17546: verbatim
alone gives a false sense of privacy).

Held-out documents are asked the same way: what a model completes of texts that it never saw is luck. A passage that
stands in documents of both sides is boilerplate, and counted on neither.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from train.audit.asking import Tokens, greedy, tokens
from train.audit.canaries import Canary
from train.evaluate.intervals import Measured, measured

VERBATIM, NEARLY, GIVEN = "extraction rate", "near-verbatim rate", "secrets given away"
#: Similarity from which a continuation is nearly the text, and the size of the n-grams that are looked for.
SIMILAR, NGRAM = 0.9, 5
#: Characters of texts in a detail.
_SHOWN = 160
_SPACE = re.compile(r"\s+")


class Window(NamedTuple):
    """A passage of a document: the tokens that are given and those that follow them."""

    item: str
    given: Tokens
    follow: Tokens


@dataclass(frozen=True)
class Tried:
    """What the model made of a window: whether it wrote the text verbatim, how near it came (0 to 1), and whether
    the text stands in a document of the other side."""

    window: Window
    written: str
    text: str
    verbatim: bool
    similarity: float
    boilerplate: bool


def windows(
    tokenizer: Any, documents: pl.DataFrame, *, prefix: int, length: int, sample: int, seed: int
) -> list[Window]:
    """A passage of each of `sample` documents (columns `id`, `text`) that are long enough, at a random place.

    The place is random since openings are captions and forms. The same for the same seed, whatever the order of rows.
    """
    rows = dict(zip(documents["id"].to_list(), documents["text"].to_list(), strict=True))
    order = sorted(rows)
    random.Random(f"{seed} windows").shuffle(order)
    out: list[Window] = []
    for name in order:
        if len(out) == sample:
            break
        if len(rows[name] or "") < prefix + length:  # a token is a character at least, nearly always
            continue
        ids = tokens(tokenizer, rows[name])
        if len(ids) >= prefix + length:
            at = random.Random(f"{seed} {name}").randint(0, len(ids) - prefix - length)
            out.append(Window(name, ids[at : at + prefix], ids[at + prefix : at + prefix + length]))
    return out


def extract(
    model: Any, tokenizer: Any, asked: Sequence[Window], other: pl.DataFrame | None = None
) -> list[Tried]:
    """Each window's greedy continuation against its text. Passages of the documents `other` are boilerplate."""
    if not asked:
        return []
    made = greedy(model, [w.given for w in asked], max(len(w.follow) for w in asked))
    others = "\0".join(map(_plain, other["text"].to_list())) if other is not None else ""
    out = []
    for window, ids in zip(asked, made, strict=True):
        ids = ids[: len(window.follow)]
        written, text = tokenizer.decode(ids), tokenizer.decode(window.follow)
        near = 1.0 if written == text else similarity(window.follow, ids)
        common = near >= SIMILAR and _plain(text).strip() in others
        out.append(Tried(window, written, text, written == text, near, common))
    return out


def _plain(text: str | None) -> str:
    return _SPACE.sub(" ", text or "")


def similarity(text: Tokens, other: Tokens) -> float:
    """The higher of 1 - edit distance / length of the longer, and the share of the text's 5-grams that `other` has."""
    grams = [tuple(text[i : i + NGRAM]) for i in range(len(text) - NGRAM + 1)]
    had = {tuple(other[i : i + NGRAM]) for i in range(len(other) - NGRAM + 1)}
    shared = sum(gram in had for gram in grams) / len(grams) if grams else 0.0
    longer = max(len(text), len(other))
    return max(shared, 1 - distance(text, other) / longer if longer else 1.0)


def distance(one: Tokens, other: Tokens) -> int:
    """Levenshtein's edit distance."""
    steps = np.arange(len(other) + 1)
    row, b = steps.copy(), np.array(other, dtype=np.int64)
    for i, token in enumerate(one, 1):
        best = np.minimum(row[1:] + 1, row[:-1] + (b != token))
        # Insertions run along the row: min over k <= j of best[k] + (j - k).
        row = np.minimum.accumulate(np.concatenate([[i], best]) - steps) + steps
    return int(row[-1])


def measure(
    model: Any,
    tokenizer: Any,
    corpus: pl.DataFrame,
    heldout: pl.DataFrame,
    *,
    prefix: int = 50,
    length: int = 50,
    sample: int = 200,
    seed: int,
) -> list[Measured]:
    """`memorisation/extraction` (verbatim) and `memorisation/near_verbatim` of training documents, and both of
    held-out documents (`…/heldout`): what a model writes on that never saw them. One item a document."""
    how = {"prefix": prefix, "length": length, "sample": sample, "seed": seed}
    trained = extract(model, tokenizer, windows(tokenizer, corpus, **how), heldout)
    unseen = extract(model, tokenizer, windows(tokenizer, heldout, **how), corpus)
    out = []
    for part, tried in (("", trained), ("/heldout", unseen)):
        if not tried:
            continue
        exact = [(t.window.item, float(t.verbatim and not t.boilerplate), 1.0, _told(t)) for t in tried]
        near = [
            (t.window.item, float(t.similarity >= SIMILAR and not t.boilerplate), 1.0, _told(t))
            for t in tried
        ]
        out.append(measured(f"memorisation/extraction{part}", "memorisation", VERBATIM, "lower", exact))
        out.append(measured(f"memorisation/near_verbatim{part}", "memorisation", NEARLY, "lower", near))
    return out


def _told(tried: Tried) -> str:
    if tried.boilerplate:
        return f"boilerplate, in documents of both sides: {tried.text[:_SHOWN]!r}"
    return f"{tried.similarity:.2f}: {tried.text[:_SHOWN]!r}, written {tried.written[:_SHOWN]!r}"


def measure_canaries(model: Any, tokenizer: Any, canaries: Sequence[Canary]) -> list[Measured]:
    """`memorisation/canaries` (planted) and `memorisation/canaries/<count>`: whether a canary's prefix, continued
    greedily, gives its secret. Details name no secret that was not given away."""
    prompts = [tokens(tokenizer, canary.prefix.rstrip(), opens=True) for canary in canaries]
    longest = max(len(tokens(tokenizer, " " + canary.secret + canary.suffix[:1])) for canary in canaries)
    rows = []
    for canary, ids in zip(canaries, greedy(model, prompts, longest + 2), strict=True):
        written = tokenizer.decode(ids)
        out = _plain(written).lstrip().startswith(_plain(canary.secret).strip())
        told = (
            f"count {canary.count}, {canary.form}: {'gave' if out else 'wrote'} {written.strip()[:_SHOWN]!r}"
        )
        rows.append((canary.group, (canary.id, float(out), 1.0, told)))
    counts = sorted({canary.group for canary in canaries})
    groups = [("memorisation/canaries", [row for count, row in rows if count])]
    groups += [(f"memorisation/canaries/{c}", [row for count, row in rows if count == c]) for c in counts]
    return [measured(name, "memorisation", GIVEN, "lower", some) for name, some in groups if some]
