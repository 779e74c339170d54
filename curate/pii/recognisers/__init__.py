"""Our own recognisers for Presidio: what legal text needs and Presidio lacks, or takes on too little evidence.

    recognizers = presidio_recognizers("en") + legal_recognizers(entities, "en")
    spans = narrow(text, scanner.scan([text])[0])      # labels cut off: "passport no. X1234567" -> "X1234567"

Presidio's own recognisers of other countries that need no label (a form that little else has, or letters checked)
are among what `legal_recognizers` gives: see `_PRESIDIO`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import cache
from typing import TYPE_CHECKING, Any

import regex

from curate.pii.recognisers import addresses, contact, dates, numbers, references
from curate.pii.recognisers.labelled import Labelled, Rule
from curate.pii.spans import Span

if TYPE_CHECKING:
    from presidio_analyzer import EntityRecognizer

# Classes of Presidio whose pattern alone is evidence: an issued form with a check letter, or letters in fixed places.
_PRESIDIO = {
    "UK_NINO": "UkNinoRecognizer",
    "IT_FISCAL_CODE": "ItFiscalCodeRecognizer",
    "UK_DRIVING_LICENCE": "UkDrivingLicenceRecognizer",
}

_RULES: tuple[Rule, ...] = contact.RULES + dates.RULES + references.RULES + addresses.RULES + numbers.RULES


def entities() -> set[str]:
    """What `legal_recognizers` can find."""
    return {rule.entity for rule in _RULES} | set(_PRESIDIO)


def legal_recognizers(wanted: Collection[str], language: str) -> list[EntityRecognizer]:
    """Recognisers of the `wanted` entities under the language code that the caller scans with.

    The labels are English with those of the number's own country; a language code changes nothing in them.
    """
    import presidio_analyzer.predefined_recognizers as predefined

    ours: list[Any] = [Labelled(rule, language) for rule in _RULES if rule.entity in wanted]
    theirs = [
        getattr(predefined, name)(supported_language=language)
        for entity, name in _PRESIDIO.items()
        if entity in wanted
    ]
    return ours + theirs


@cache
def _compiled() -> dict[str, regex.Pattern[str]]:
    """Patterns of the rules with a label, by the name of the rule."""
    flags = regex.DOTALL | regex.MULTILINE
    return {rule.name: regex.compile(rule.pattern, flags) for rule in _RULES if "(?P<value>" in rule.pattern}


def narrow(text: str, spans: Iterable[Span]) -> list[Span]:
    """`spans` with those of our labelled rules cut down to what the label announces, one for each number of a list.

    Sorted; parts of one address are one. Findings of other recognisers pass through; so does what is cut down already.
    """
    patterns = _compiled()
    found = []
    for span in spans:
        pattern = patterns.get(span.recogniser)
        match = pattern.fullmatch(text, span.start, span.end) if pattern else None
        if match is None:
            found.append(span)
        else:
            found.extend(
                Span(start, end, span.entity, span.score, span.recogniser)
                for start, end in match.spans("value")
            )
    return joined(text, sorted(set(found)))


# Between the street, the town and the country of one address.
_BESIDE = regex.compile(r"[\s,.]{1,6}")


def joined(text: str, spans: list[Span]) -> list[Span]:
    """Sorted `spans`, those of STREET_ADDRESS that overlap or stand side by side made one."""
    out: list[Span] = []
    last = -1  # place of the last address in `out`
    for span in spans:
        if span.entity == "STREET_ADDRESS":
            before = out[last] if last >= 0 else None
            if before and (span.start <= before.end or _BESIDE.fullmatch(text, before.end, span.start)):
                score = max(before.score, span.score)
                end = max(before.end, span.end)
                out[last] = Span(before.start, end, before.entity, score, before.recogniser)
                continue
            last = len(out)
        out.append(span)
    return out
