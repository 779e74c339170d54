"""Presidio's pattern recognisers over many texts at once, with the findings that Presidio has on each whole text.

`Scanner.scan` gives, for every text, the spans (start, end, entity, score) of
`AnalyzerEngine(...).analyze(text, language, score_threshold=...)` with the same recognisers and a blank spaCy
pipeline. Presidio itself does the finding, in windows around the places where anything could match: see `patterns`,
`windows`, `phones` and `context` for why that is the same. docs/pii_scan.md has what was measured.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from curate.pii.answers import Found, Raw, answered, gather, touching, within
from curate.pii.context import context_of
from curate.pii.patterns import Unanalysable, Weak, weaken
from curate.pii.phones import Phones, known_pattern
from curate.pii.prefilter import Hits, Prefilter
from curate.pii.projection import Projected, project
from curate.pii.spans import Span
from curate.pii.windows import windows

#: Characters of texts that are scanned at once.
_BATCH = 1 << 22


class _Patterns(NamedTuple):
    """A recogniser by patterns: its place, its expressions, and the place of the first among all expressions."""

    place: int
    recognizer: Any
    weak: list[Weak]
    first: int
    alone: bool  # the end of a text is not like a newline to it: windows are not joined
    seen: dict[tuple[str, int, int], Found]


class Scanner:
    """Presidio's `recognizers` for texts of `language`, findings below `score_threshold` left out.

    With `context` a word is its own lemma, so that context words raise scores; without, lemmas are empty as in a blank
    pipeline, where context words never do. `whole` names recognisers that run on whole texts (slow), with the reason.
    Which recogniser a span names is Presidio's choice by chance where two find the same: here it is the first by name.
    Not thread-safe: recognisers' findings in windows are remembered.
    """

    def __init__(
        self,
        recognizers: Sequence[Any],
        *,
        language: str = "en",
        score_threshold: float = 0.0,
        context: bool = True,
    ) -> None:
        from curate.pii.predefined import offline_suffixes

        offline_suffixes()
        self.recognizers = sorted(
            (one for one in recognizers if one.supported_language == language), key=lambda one: str(one.name)
        )
        self.whole: list[str] = []
        self._language, self._threshold = language, score_threshold
        self._entities = sorted({str(e) for one in self.recognizers for e in one.supported_entities})
        self._context = context_of(language, context)
        self._patterns: list[_Patterns] = []
        self._phones: list[tuple[int, Any, Phones, dict[tuple[str, int, int], Found]]] = []
        self._slow: list[int] = []
        weak: list[Weak] = []
        for place, one in enumerate(self.recognizers):
            self._place(place, one, weak)
        self._prefilter = Prefilter(weak)

    def _place(self, place: int, one: Any, weak: list[Weak]) -> None:
        """Decide how the recogniser runs."""
        try:
            if _is_phones(one):
                self._phones.append((place, one, Phones(one), {}))
                return
            known = [weaken(pattern.regex, _flags(one)) for pattern in _plain_patterns(one)]
            if any(w.width is None and w.spaced for w in known):
                raise Unanalysable("a match may be endless and hold white space")
            alone = any(w.edges for w in known)
            self._patterns.append(_Patterns(place, one, known, len(weak), alone, {}))
            weak += known
        except Unanalysable as why:
            self._slow.append(place)
            self.whole.append(f"{one.name}: {why}")

    def scan(self, texts: Sequence[str]) -> list[list[Span]]:
        """The findings of each text, by their places."""
        out: list[list[Span]] = []
        for batch in _batches(texts):
            raw: list[list[Raw]] = [[] for _ in batch]
            self._scan(batch, raw)
            for text, found in zip(batch, raw, strict=True):
                out.append(self._spans(text, found))
        return out

    def _scan(self, texts: Sequence[str], raw: list[list[Raw]]) -> None:
        projected = project(texts)
        hits = self._prefilter.hits(projected.data)
        bounds = hits.which.searchsorted(range(sum(len(p.weak) for p in self._patterns) + 1))
        for patterns in self._patterns:
            low, high = int(bounds[patterns.first]), int(bounds[patterns.first + len(patterns.weak)])
            if low < high:
                own = Hits(hits.which[low:high] - patterns.first, hits.starts[low:high], hits.ends[low:high])
                self._by_windows(texts, projected, own, patterns, raw)
        for place, one, phones, seen in self._phones:
            self._by_clusters(texts, projected, place, one, phones, seen, raw)

    def _by_windows(
        self, texts: Sequence[str], batch: Projected, hits: Hits, patterns: _Patterns, raw: list[list[Raw]]
    ) -> None:
        found = windows(batch, hits, patterns.weak, self._prefilter.exact_ends)
        bases = batch.offsets[found.texts]
        table = [(field - bases).tolist() for field in found[:4]]
        places, asked = [], []
        for start, end, core, core_end, i in zip(*table, found.texts.tolist(), strict=True):
            places.append((i, start))
            asked.append((texts[i][start:end], core - start, core_end - start))
        answers = answered(patterns.recognizer, asked, patterns.seen, patterns.alone, within)
        gather(places, asked, answers, patterns.place, raw)

    def _by_clusters(
        self,
        texts: Sequence[str],
        batch: Projected,
        place: int,
        one: Any,
        phones: Phones,
        seen: dict[tuple[str, int, int], Found],
        raw: list[list[Raw]],
    ) -> None:
        clusters = phones.clusters(batch)
        numbers = batch.offsets.searchsorted(clusters.first, side="right") - 1
        bases = batch.offsets[numbers]
        firsts, lasts = (clusters.first - bases).tolist(), (clusters.last - bases).tolist()
        places, asked = [], []
        for i, first, last in zip(numbers.tolist(), firsts, lasts, strict=True):
            window = phones.window(texts[i], first, last)
            if window is not None:
                places.append((i, window[0]))
                asked.append((texts[i][window[0] : window[1]], first - window[0], last + 1 - window[0]))
        gather(places, asked, answered(one, asked, seen, False, touching), place, raw)

    def _spans(self, text: str, found: list[Raw]) -> list[Span]:
        """What is left of the findings of all recognisers, after context, threshold and duplicates."""
        if self._slow and text:
            found = self._on_whole(text, found)
        if not found:
            return []
        lent: frozenset[str] | None = None
        scored: list[Raw] = []
        for start, end, entity, score, place in found:
            words = self.recognizers[place].context if place >= 0 else None
            if words:
                if lent is None:
                    lent = self._context.lent_words(text) if ":" in text else frozenset()
                score = self._context.raised(score, text, start, words, lent)
            place = place if place >= 0 else -1 - place
            if score >= self._threshold:
                scored.append((start, end, entity, score, place))
        names = [str(one.name) for one in self.recognizers]
        return sorted(Span(s, e, entity, score, names[p]) for s, e, entity, score, p in _distinct(scored))

    def _on_whole(self, text: str, found: list[Raw]) -> list[Raw]:
        """The findings with those of the recognisers that read whole texts.

        A recogniser that does its own context sees those of all others, and may change scores: findings that it has
        raised itself get the place -1 - place, so that they are not raised again.
        """
        from presidio_analyzer import RecognizerResult

        artifacts = self._context.artifacts(text)
        own: dict[int, list[Any]] = {}
        for place in self._slow:
            one = self.recognizers[place]
            own[place] = one.analyze(text=text, entities=list(self._entities), nlp_artifacts=artifacts) or []
            for result in own[place]:
                result.recognition_metadata = result.recognition_metadata or {}
                result.recognition_metadata.setdefault(RecognizerResult.RECOGNIZER_IDENTIFIER_KEY, one.id)
                result.recognition_metadata.setdefault(RecognizerResult.RECOGNIZER_NAME_KEY, one.name)
        others = [_result(raw, self.recognizers[raw[4]]) for raw in found]
        out = list(found)
        for place, results in own.items():
            rest = others + [r for other, rs in own.items() if other != place for r in rs]
            changed = self.recognizers[place].enhance_using_context(
                text=text,
                raw_recognizer_results=results,
                other_raw_recognizer_results=rest,
                nlp_artifacts=artifacts,
                context=None,
            )
            for r in changed:
                raised = (r.recognition_metadata or {}).get(RecognizerResult.IS_SCORE_ENHANCED_BY_CONTEXT_KEY)
                out.append((r.start, r.end, str(r.entity_type), r.score, -1 - place if raised else place))
        return out


def _is_phones(one: Any) -> bool:
    from presidio_analyzer.predefined_recognizers import PhoneRecognizer

    if not isinstance(one, PhoneRecognizer):
        return False
    methods = ("analyze", "enhance_using_context", "_get_recognizer_result")
    if any(getattr(type(one), name) is not getattr(PhoneRecognizer, name) for name in methods):
        raise Unanalysable("it overrides methods of Presidio's PhoneRecognizer")
    if not known_pattern():
        raise Unanalysable("phonenumbers looks for candidates in a new way")
    return True


def _plain_patterns(one: Any) -> list[Any]:
    """The patterns of a recogniser that finds what they match and nothing else.

    Raises:
        Unanalysable: it may find other things.
    """
    from presidio_analyzer import EntityRecognizer, PatternRecognizer
    from presidio_analyzer.predefined_recognizers import IbanRecognizer

    if not isinstance(one, PatternRecognizer):
        raise Unanalysable("it is no PatternRecognizer")
    if type(one).analyze not in (PatternRecognizer.analyze, IbanRecognizer.analyze) or "analyze" in vars(one):
        raise Unanalysable("it overrides analyze")
    if type(one).enhance_using_context is not EntityRecognizer.enhance_using_context:
        raise Unanalysable("it overrides enhance_using_context")
    patterns: list[Any] = getattr(one, "patterns")  # noqa: B009  (untyped in Presidio)
    return patterns


def _flags(one: Any) -> int:
    return int(one.global_regex_flags or 0)


def _batches(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    start = size = 0
    for i, text in enumerate(texts):
        if size and size + len(text) > _BATCH:
            yield texts[start:i]
            start, size = i, 0
        size += len(text) + 1
    if start < len(texts):
        yield texts[start:]


def _result(raw: Raw, recognizer: Any) -> Any:
    from presidio_analyzer import RecognizerResult

    start, end, entity, score, _ = raw
    keys = {
        RecognizerResult.RECOGNIZER_NAME_KEY: recognizer.name,
        RecognizerResult.RECOGNIZER_IDENTIFIER_KEY: recognizer.id,
    }
    return RecognizerResult(entity, start, end, score, recognition_metadata=keys)


def _distinct(found: list[Raw]) -> list[Raw]:
    """Presidio's `remove_duplicates`: of one entity, nothing within a finding that is as sure or surer; no zero."""
    found = sorted(found, key=lambda f: (f[2], f[0], f[0] - f[1], -f[3], f[4]))
    out: list[Raw] = []
    active: list[Raw] = []
    entity = None
    for one in found:
        if one[2] != entity:
            entity, active = one[2], []
        if one[3] == 0:
            continue
        active = [a for a in active if a[1] >= one[0]]
        if not any(one[1] <= a[1] and one[3] <= a[3] for a in active):
            active.append(one)
            out.append(one)
    return out
