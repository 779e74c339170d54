"""Presidio's context words, looked up around a finding instead of in the whole document.

A finding's score rises where a context word of its recogniser stands in one of the keywords around it: the token
that it begins with or the keyword after, and the five before. spaCy parts a text at white space first and each
chunk on its own, so that the tokens of a chunk are known once and for all; what Presidio takes for a keyword depends
on the rest of the document in one way only: a token with a colon lends its parts to every other place.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

_KEPT = 1 << 18
#: A token: where it ends in its chunk, its keyword, and whether it is one in every document.
_Token = tuple[int, str, bool]


class Context:
    """Keywords of texts as `engine` (a blank pipeline) sees them, and Presidio's `enhancer` by them."""

    def __init__(self, engine: Any, enhancer: Any, language: str) -> None:
        self._engine = engine
        self._enhancer = enhancer
        self._language = language
        self._pipeline = engine.get_nlp(language)
        self._chunks: dict[str, tuple[_Token, ...]] = {}
        self._lent: dict[str, frozenset[str]] = {}

    def raised(self, score: float, text: str, start: int, words: list[str], lent: frozenset[str]) -> float:
        """The score of a finding at `start` whose recogniser has the context `words`.

        `lent` are the document's `lent_words`.
        """
        around = self.around(text, start, lent)
        if not self._enhancer._find_supportive_word_in_context(
            around, words, self._enhancer.context_matching_mode
        ):
            return score
        score += self._enhancer.context_similarity_factor
        score = max(score, self._enhancer.min_score_with_context_similarity)
        return float(min(score, self._enhancer.MAX_SCORE))

    def lent_words(self, text: str) -> frozenset[str]:
        """Words that are keywords of this text though they are stop words or punctuation."""
        out: set[str] = set()
        at = text.find(":")
        while at >= 0:
            start, end = self._chunk(text, at)
            chunk = text[start:end]
            if chunk not in self._lent:
                self._lent[chunk] = self._parts(chunk)
            out |= self._lent[chunk]
            at = text.find(":", end)
        if len(self._lent) > _KEPT:
            self._lent.clear()
        return frozenset(out)

    def artifacts(self, text: str) -> Any:
        """What Presidio hands to recognisers that read a whole text."""
        return self._engine.process_text(text, self._language)

    def around(self, text: str, start: int, lent: frozenset[str]) -> list[str]:
        """The keywords around a finding at `start`."""
        left, right = self._chunk(text, start)
        tokens = self._tokens(text, left, right)
        at = next((i for i, token in enumerate(tokens) if left + token[0] > start), None)
        while at is None:  # a lone space between words is no token
            left, right = right, self._end(text, right)
            if left == right:
                return []
            tokens = self._tokens(text, left, right)
            at = 0 if tokens else None
        before = self._backward(text, left, tokens[: at + 1], lent, self._enhancer.context_prefix_count + 1)
        after = self._forward(text, right, tokens[at:], lent, self._enhancer.context_suffix_count + 1)
        return before + after

    def _backward(
        self, text: str, left: int, tokens: tuple[_Token, ...], lent: frozenset[str], wanted: int
    ) -> list[str]:
        out: list[str] = []
        while True:
            for _, word, always in reversed(tokens):
                if always or word in lent:
                    out.append(word)
                    if len(out) == wanted:
                        return out
            if left == 0:
                return out
            left, right = self._chunk(text, left - 1)
            tokens = self._tokens(text, left, right)

    def _forward(
        self, text: str, right: int, tokens: tuple[_Token, ...], lent: frozenset[str], wanted: int
    ) -> list[str]:
        out: list[str] = []
        while True:
            for _, word, always in tokens:
                if always or word in lent:
                    out.append(word)
                    if len(out) == wanted:
                        return out
            if right == len(text):
                return out
            left, right = right, self._end(text, right)
            tokens = self._tokens(text, left, right)

    def _chunk(self, text: str, at: int) -> tuple[int, int]:
        """The run of white space, or of anything else, that the character at `at` stands in."""
        space = text[at].isspace()
        start = at
        while start > 0 and text[start - 1].isspace() == space:
            start -= 1
        return start, self._end(text, at)

    @staticmethod
    def _end(text: str, start: int) -> int:
        end = start
        while end < len(text) and text[end].isspace() == text[start].isspace():
            end += 1
        return end

    def _tokens(self, text: str, start: int, end: int) -> tuple[_Token, ...]:
        """The tokens of a chunk; their ends count from its start. One space after a word is part of no token."""
        if start > 0 and text[start] == " ":
            if end == start + 1:
                return ()
            return tuple(
                (1 + last, word, always) for last, word, always in self._known(text[start + 1 : end])
            )
        return self._known(text[start:end])

    def _known(self, chunk: str) -> tuple[_Token, ...]:
        found = self._chunks.get(chunk)
        if found is None:
            if len(self._chunks) > _KEPT:
                self._chunks.clear()
            found = self._chunks[chunk] = tuple(
                (token.idx + len(token), lemma.lower(), self._always(lemma))
                for token, lemma in self._lemmas(chunk)
            )
        return found

    def _lemmas(self, chunk: str) -> list[tuple[Any, str]]:
        return [(token, token.lemma_) for token in self._pipeline(chunk)]

    def _is_keyword(self, lemma: str) -> bool:
        """Presidio's rule, see `NlpArtifacts.set_keywords`."""
        plain = not self._engine.is_stopword(lemma, self._language) and not self._engine.is_punct(
            lemma, self._language
        )
        return plain and lemma not in ("-PRON-", "be")

    def _always(self, lemma: str) -> bool:
        return ":" not in lemma and self._is_keyword(lemma)

    def _parts(self, chunk: str) -> frozenset[str]:
        """What tokens with a colon lend."""
        out: set[str] = set()
        for _, lemma in self._lemmas(chunk):
            if ":" in lemma and self._is_keyword(lemma):
                out.update(lemma.lower().split(":"))
        return frozenset(out)


@lru_cache(maxsize=8)
def context_of(language: str, lemmas: bool) -> Context:
    """The context of a blank pipeline, one a process."""
    from presidio_analyzer.context_aware_enhancers import LemmaContextAwareEnhancer

    from curate.pii.predefined import blank_engine

    return Context(blank_engine(language, lemmas=lemmas), LemmaContextAwareEnhancer(), language)
