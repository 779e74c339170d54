"""A Presidio recogniser whose pattern holds its label, and the rule that makes one.

Presidio gives the whole match as the finding. A lookbehind for the label would keep it out, but a prefilter cannot
see lookbehinds and would stop at every number; so the label is part of the match, the number is the group `value`,
and `narrow` (in this package) cuts the finding down to it afterwards. A group that repeats gives a finding each.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import regex
from presidio_analyzer import Pattern, PatternRecognizer

#: What may stand between a label and its number ("No.:", " number is ", "\t# ").
GAP = (
    r"(?:\s{0,3}(?i:nos?\.|nos?\b|n°|number|num\.|#|id\b|code|card|is\b|was\b|of\b|held|ending in)){0,3}"
    r"\s{0,2}[:=.\-–#]{0,2}\s{0,4}"
)
#: Letters, digits and hyphens, six at least to a number that a label announces, a digit among them.
NUMBER = r"(?=[A-Z0-9\-]{0,12}[0-9])[A-Z0-9](?:[ \-]?[A-Z0-9]){4,17}"

_FLAGS = int(regex.DOTALL | regex.MULTILINE)


class Rule(NamedTuple):
    """One pattern: letters are matched as they stand, unless within `(?i:...)`.

    `check` takes the value (or the whole match, where there is no such group): False drops the finding, True gives
    it Presidio's full score 1.0. Where `refuse` is true of the whole match the finding goes; else `score` stays.
    """

    entity: str
    name: str
    pattern: str
    score: float
    check: Callable[[str], bool] | None = None
    refuse: Callable[[str], bool] | None = None


def after(label: str, value: str) -> str:
    """The pattern of `value` after one of the words `label` (letters of any case), at most some 30 characters on."""
    return rf"\b(?i:{label}){GAP}(?P<value>{value})(?![\w])"


class Labelled(PatternRecognizer):
    """A rule as Presidio takes it."""

    def __init__(self, rule: Rule, language: str) -> None:
        self.rule = rule
        self.compiled = regex.compile(rule.pattern, _FLAGS)
        super().__init__(
            supported_entity=rule.entity,
            name=rule.name,
            supported_language=language,
            patterns=[Pattern(rule.name, rule.pattern, rule.score)],
            global_regex_flags=_FLAGS,
        )

    def validate_result(self, pattern_text: str) -> bool | None:
        """Whether the check digits hold; None where the rule has no check."""
        if self.rule.check is None:
            return None
        match = self.compiled.fullmatch(pattern_text)
        value = match["value"] if match and "value" in match.groupdict() else pattern_text
        return self.rule.check(value)

    def invalidate_result(self, pattern_text: str) -> bool | None:
        """Whether the match is something else after all."""
        return self.rule.refuse(pattern_text) if self.rule.refuse else None
