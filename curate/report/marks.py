"""What in a document's text made a step drop it: places to highlight in the excerpt that a report shows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from markupsafe import Markup, escape

from curate.display import visible

Span = tuple[int, int]


def marked(text: str, reason: str | None, passage: str | None = None) -> Markup:
    """`text` escaped, with what `reason` (a rule of the step quality, or contaminated) is about in <mark>."""
    out, at = Markup(), 0
    for start, end in _merged(_spans(text, reason or "", passage)):
        out += escape(visible(text[at:start])) + Markup("<mark>{}</mark>").format(visible(text[start:end]))
        at = end
    return out + escape(visible(text[at:]))


def _spans(text: str, reason: str, passage: str | None) -> list[Span]:
    if passage:
        at = text.find(passage[:60])
        return [(at, min(len(text), at + len(passage)))] if at >= 0 else []
    for name, pattern in _PATTERNS.items():
        if name in reason:
            return [found.span() for found in pattern.finditer(text)]
    if found := re.search(r"(\d+)gram", reason):
        return _ngrams(text, int(found[1]), top="top_" in reason)
    if "duplicate_paragraph" in reason:
        return _repeated((m for m in re.finditer(r"(?:[^\n]|\n(?!\s*\n))+", text)), text)
    if "duplicate_line" in reason or "duplicate_char" in reason:
        return _repeated(re.finditer(r"[^\n]+", text), text)
    return []


#: By a part of a rule's name what it counts.
_PATTERNS = {
    "symbol_word": re.compile(r"#|…|\.\.\."),
    "bullet_line": re.compile(r"^[ \t]*[•‣▶◀◦■□▪▫–*-][^\n]*", re.MULTILINE),
    "ellipsis_line": re.compile(r"^[^\n]*(?:…|\.\.\.)[ \t]*$", re.MULTILINE),
    "short_line": re.compile(r"^[^\n]{1,30}$", re.MULTILINE),
    "lorem_ipsum": re.compile(r"lorem ipsum", re.IGNORECASE),
    "curly_bracket": re.compile(r"[{}]"),
    "alpha_word": re.compile(r"(?<!\S)[^\s\p{L}]+(?!\S)".replace(r"\p{L}", "A-Za-z\u00c0-\u024f")),
}


def _repeated(units: Iterable[re.Match[str]], text: str) -> list[Span]:
    """Lines or paragraphs that stood before."""
    seen: set[str] = set()
    out = []
    for unit in units:
        bare = unit[0].strip()
        if bare and bare in seen:
            out.append(unit.span())
        seen.add(bare)
    return out


def _ngrams(text: str, n: int, *, top: bool) -> list[Span]:
    """N-grams that stand in the excerpt more than once; of `top`, the most frequent alone."""
    words = [(m[0].lower(), *m.span()) for m in re.finditer(r"\w+", text)]
    grams = [tuple(word for word, *_ in words[i : i + n]) for i in range(len(words) - n + 1)]
    counts = Counter(grams)
    wanted = {counts.most_common(1)[0][0]} if top and counts else {g for g, k in counts.items() if k > 1}
    return [
        (words[i][1], words[i + n - 1][2])
        for i, gram in enumerate(grams)
        if gram in wanted and counts[gram] > 1
    ]


def _merged(spans: list[Span]) -> list[Span]:
    out: list[Span] = []
    for start, end in sorted(spans):
        if out and start <= out[-1][1]:
            out[-1] = (out[-1][0], max(end, out[-1][1]))
        elif end > start:
            out.append((start, end))
    return out
