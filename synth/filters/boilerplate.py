"""`boilerplate`: what generators say about themselves, about their prompt and about the passage, and answers cut off.

A phrase that stands in the passages or the evidence is a quotation and lets the sample pass: witnesses say "I cannot".
"""

from __future__ import annotations

import re
from typing import Literal

from curate.refusals import REFUSES, SELF
from synth.filters.base import Context, Filter, Rejection, answers, asked, shows, sources
from synth.samples import Sample

Kind = Literal["refusal", "source_talk", "prompt_leak", "fence", "truncated"]
KINDS: tuple[Kind, ...] = ("refusal", "source_talk", "prompt_leak", "fence", "truncated")

_TEXT = r"(?:passage|text|context|document|excerpt|article|paragraph|information|material|source|snippet)"
_SHOWN = r"(?:given|provided|above|following|supplied|presented|preceding)"
#: What speaks of a text that the reader will not see.
_SOURCE = re.compile(
    rf"\b(?:according to|based on|"
    rf"as (?:stated|mentioned|described|noted|specified|per|discussed|indicated)(?: in| by)?|"
    rf"(?:mentioned|stated|described|discussed|specified|found|given|provided) in|from|within|per) "
    rf"(?:the|this|that) (?:{_SHOWN} {_TEXT}|passage|excerpt|snippet|context|"
    rf"{_TEXT} (?:provided|given|above|supplied))\b|"
    rf"\baccording to (?:the|this) {_TEXT}\b|\bbased on (?:the|this) {_SHOWN} {_TEXT}\b|"
    rf"\b(?:the|this) (?:{_SHOWN} )?(?:passage|excerpt|snippet|context) (?:states|mentions|says|describes|explains|"
    rf"notes|does(?: not|n'?t)|provides|discusses|indicates|only)\b|"
    rf"\b(?:the|this) {_SHOWN} {_TEXT} (?:states|mentions|says|does(?: not|n'?t)|provides|discusses)\b",
    re.I,
)
#: Tokens of chat templates and placeholders, anywhere.
_TEMPLATE = re.compile(
    r"<\|[a-z_]{2,30}\|>|\[/?INST\]|<</?SYS>>|</?s>|<(?:start|end)_of_turn>|"
    r"#{2,} ?(?:instruction|input|response|question|answer|output|task|context)s?\b:?\s*$|"
    r"\{\{? ?(?:passage|context|question|answer|document|text|input|title)s? ?\}?\}|"
    r"[\[<](?:insert|your) [^\]>\n]{2,40}[\]>]",
    re.I | re.M,
)
#: At the beginning of an answer: its role, an announcement of itself, or JSON that was not read.
_LEAK = re.compile(
    r"\s*(?:"
    r"\W{0,4}(?:system prompt|instruction|input|response|output|question|answer|assistant|human|user) ?\d*\W{0,2}:|"
    r"(?:sure|certainly|of course|okay)[,!.]* here(?:'s| is| are)\b|"
    r"(?:here is|here's|here are|below is) (?:the|a|an|your|my|one|some) (?:\w+ ){0,2}?(?:requested|rewritten|revised|"
    r"rephrased|generated|paraphrased|json|question|answer|summary|response|rewrite|pair)s?\b[^.?\n]{0,60}:|"
    r'\{\s*"(?:question|answer|instruction|response|output)"\s*:)',
    re.I,
)
#: Around an answer; code within one is its own business.
_FENCE = re.compile(r"\s*(?:```|~~~)\w*")
#: Words that a sentence does not end with.
_DANGLING = re.compile(
    r"\b(?:a|an|the|and|or|nor|of|to|for|with|by|from|as|at|into|upon|that|which|who|whose|because|although|if|when|"
    r"while|is|are|was|were|be|shall|may|must|has|have|its|their|his|such|any|between|including|than)$|[,(\[{–—-]$",
    re.I,
)
#: What an answer must not begin with, and what neither it nor (but for `refusal`) a question may hold.
_BEGINS = {"refusal": REFUSES, "prompt_leak": _LEAK, "fence": _FENCE}
_HOLDS = {"refusal": SELF, "source_talk": _SOURCE, "prompt_leak": _TEMPLATE}
#: Words of an answer from which it is held to be a sentence.
_SENTENCE = 12


def boilerplate(*, refuse: list[Kind] = list(KINDS)) -> Filter:  # noqa: B006  (parameters are never changed)
    """Refuse samples with any of `refuse`; the detail quotes what was found and where.

    - `refusal`: an answer in which a model speaks of itself, or that begins with an apology or what it cannot do (leave
      it out for tasks that teach to refuse).
    - `source_talk`: "according to the passage" in an answer, or in a question that does not show the passage.
    - `prompt_leak`: roles, tokens of chat templates, placeholders, announcements ("Here is the rewritten version:").
    - `fence`: a Markdown code fence around an answer.
    - `truncated`: `meta` tells `finish_reason` "length"; or an answer of a dozen words or more that ends on a word or
      mark that no sentence ends on, or within a bracket.
    """

    def decide(sample: Sample, context: Context) -> Rejection | None:
        shown = [text.casefold() for text in sources(sample, context)]
        found = _found(sample, context, set(refuse), shown)
        return Rejection(found[0], {"text": found[1], "in": found[2]}) if found else None

    return decide


def _found(
    sample: Sample, context: Context, kinds: set[Kind], shown: list[str]
) -> tuple[str, str, str] | None:
    for told in answers(sample):
        for kind, pattern in _BEGINS.items():
            if kind in kinds and (begin := pattern.match(told)) and not _quoted(begin[0], shown):
                return kind, begin[0].strip(), "answer"
        for kind, pattern in _HOLDS.items():
            if kind in kinds and (hit := _first(pattern, told, shown)):
                return kind, hit, "answer"
    question = asked(sample, context)
    hidden = not shows(sample, context)
    for kind in ("source_talk", "prompt_leak") if hidden else ("prompt_leak",):
        if kind in kinds and (hit := _first(_HOLDS[kind], question, shown)):
            return kind, hit, "prompt"
    if "truncated" in kinds and (end := _cut_off(sample)):
        return "truncated", end, "answer"
    return None


def _first(pattern: re.Pattern[str], text: str, shown: list[str]) -> str | None:
    """The first match that is no quotation."""
    return next((hit[0].strip() for hit in pattern.finditer(text) if not _quoted(hit[0], shown)), None)


def _quoted(phrase: str, shown: list[str]) -> bool:
    folded = phrase.casefold().strip()
    return any(folded in text for text in shown)


def _cut_off(sample: Sample) -> str | None:
    """The end of an answer that was cut off, or None."""
    told = answers(sample)[-1].rstrip()
    if sample.meta.get("finish_reason") == "length":
        return told[-40:]
    if len(told.split()) < _SENTENCE:
        return None
    unclosed = told.count("```") % 2 or any(
        told.count(o) > told.count(c) for o, c in ("()", "[]", "{}", "“”")
    )
    if any(told in text for text in (span.text for span in sample.evidence)):
        return None  # as the source has it
    return told[-40:] if unclosed or _DANGLING.search(told) else None
