"""What in a text is private: Presidio's recognisers, our own, the users', and names; less what law only looks like."""

from __future__ import annotations

import importlib
import importlib.util
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, NamedTuple

from curate.pii.legal import suppress
from curate.pii.presets import PRESETS
from curate.pii.relabel import relabelled
from curate.pii.spans import Span, united

Preset = Literal["contact", "anonymise"]


@dataclass(frozen=True)
class Settings:
    """What is looked for, and how; `curate.steps.pii` documents each."""

    preset: Preset = "contact"
    entities: tuple[str, ...] = ()
    threshold: float | None = None
    names: bool | str = True
    judges: Literal["keep", "replace"] = "keep"
    false_alarms: bool = True
    allow: frozenset[str] = frozenset()
    deny: tuple[tuple[str, tuple[str, ...]], ...] = ()
    languages: tuple[str, ...] = ("en",)
    recognisers: tuple[str, ...] = ()

    @cached_property
    def scores(self) -> dict[str, float]:
        """Entity -> the least score of a finding."""
        chosen = dict(PRESETS[self.preset])
        for name in self.entities:
            bare = name.lstrip("+-")
            if name.startswith("-"):
                chosen.pop(bare, None)
            else:
                chosen.setdefault(bare, PRESETS["anonymise"].get(bare, DEFAULT_SCORE))
        chosen |= {entity: 0.0 for entity, _ in self.deny}
        return chosen if self.threshold is None else dict.fromkeys(chosen, self.threshold)


class Findings(NamedTuple):
    """What was found in texts: by text, in order, none overlapping another; `gone` counts false alarms by rule, and
    `public` has those of each text, as names of judges and of cited cases."""

    spans: list[list[Span]]
    gone: Counter[str]
    public: list[list[Span]]


#: The least score of an entity that no preset has (a user's own).
DEFAULT_SCORE = 0.4


class Detector:
    """Finds private data in texts.

    Raises:
        ValueError: a recogniser or a model that the settings name cannot be had.
    """

    def __init__(self, settings: Settings):
        from curate.pii.scan import Scanner

        self.settings = settings
        self._allow = {value.casefold() for value in settings.allow}
        found = {language: _recognisers(settings, language) for language in settings.languages}
        own = {r for more in found.values() for r in more.own}
        wanted = set(settings.scores)
        self._scanners = {
            language: Scanner(
                more.all(wanted), language=language, score_threshold=min(settings.scores.values())
            )
            for language, more in found.items()
        }
        self._own = {
            str(r.name) for r in own
        }  # whoever names a recogniser or a value knows better than our rules
        self._names = None
        if settings.names:
            from curate.pii.names import ALL, Names

            model = settings.names if isinstance(settings.names, str) else None
            self._names = Names(model, entities=wanted & set(ALL)) if wanted & set(ALL) else None

    def find(self, texts: Sequence[str], languages: Sequence[str | None] | None = None) -> Findings:
        """What is private in `texts`; `languages` (ISO 639-1) choose recognisers, the first of the settings serves
        any other."""
        from curate.pii.recognisers import narrow

        found = [narrow(text, spans) for text, spans in zip(texts, self._scanned(texts, languages))]
        if self._names is not None:
            for spans, more in zip(found, self._names.find(texts)):
                spans += more
        out, public, gone = [], [], Counter[str]()
        for text, spans in zip(texts, found):
            before = self._wanted(spans)
            kept = self._judged(text, before, gone) if before and self.settings.false_alarms else before
            public.append(sorted(set(before).difference(kept)))
            if self._allow:
                kept = [s for s in kept if text[s.start : s.end].casefold() not in self._allow]
            out.append(united(kept))
        return Findings(out, +gone, public)

    def _judged(self, text: str, spans: list[Span], gone: Counter[str]) -> list[Span]:
        """`spans` rightly named, less false alarms, which are counted in `gone`; the user's own stay as they are."""
        own = [s for s in spans if s.recogniser in self._own]
        named = relabelled(text, sorted(s for s in spans if s.recogniser not in self._own))
        wanted = self._wanted(named)
        gone["company_or_state"] += len(named) - len(wanted)
        kept, why = suppress(text, wanted, judges=self.settings.judges)
        gone.update(why)
        return [*own, *kept]

    def _wanted(self, spans: list[Span]) -> list[Span]:
        return [s for s in spans if s.score >= self.settings.scores.get(s.entity, 2.0)]

    def _scanned(self, texts: Sequence[str], languages: Sequence[str | None] | None) -> list[list[Span]]:
        first = self.settings.languages[0]
        if len(self._scanners) == 1 or languages is None:
            return self._scanners[first].scan(texts)
        out: list[list[Span]] = [[] for _ in texts]
        chosen = [language if language in self._scanners else first for language in languages]
        for language, scanner in self._scanners.items():
            rows = [row for row, own in enumerate(chosen) if own == language]
            for row, spans in zip(rows, scanner.scan([texts[row] for row in rows])):
                out[row] = spans
        return out


@dataclass(frozen=True)
class _Recognisers:
    """Presidio's for a language, ours, and the user's own."""

    presidio: list[Any]
    ours: list[Any]
    own: list[Any]

    def all(self, wanted: set[str]) -> list[Any]:
        """Those that can find what is wanted."""
        found = [*self.presidio, *self.ours, *self.own]
        return [r for r in found if wanted & set(r.supported_entities)]


def _recognisers(settings: Settings, language: str) -> _Recognisers:
    from curate.pii.predefined import presidio_recognizers
    from curate.pii.recognisers import legal_recognizers

    own = [recognizer for name in settings.recognisers for recognizer in named(name, language)]
    own += denied(dict(settings.deny), language)
    ours = legal_recognizers(settings.scores, language)
    return _Recognisers(presidio_recognizers(language), ours, own)


def denied(deny: Mapping[str, Sequence[str]], language: str) -> list[Any]:
    """A recogniser of Presidio for each entity of a deny-list: the values as words of their own, in any case, broken
    over lines or not."""
    from presidio_analyzer import Pattern, PatternRecognizer

    made = []
    for entity, values in sorted(deny.items()):
        words = sorted(
            (r"\s{1,4}".join(map(re.escape, value.split())) for value in values), key=len, reverse=True
        )
        if any(words):
            pattern = Pattern("deny list", rf"(?<!\w)(?:{'|'.join(filter(None, words))})(?!\w)", 1.0)
            made.append(
                PatternRecognizer(entity, name="deny list", patterns=[pattern], supported_language=language)
            )
    return made


def named(name: str, language: str) -> list[Any]:
    """A user's recognisers: those of a Presidio YAML file, or what a dotted name stands for (a recogniser, a class of
    one, a function that makes one or a list of them), of one language.

    Raises:
        ValueError: there is no such file or name, or it is no recogniser.
    """
    from presidio_analyzer import EntityRecognizer, RecognizerRegistry

    try:
        if name.endswith((".yaml", ".yml")):
            registry = RecognizerRegistry(supported_languages=[language])
            registry.add_recognizers_from_yaml(name)
            found: Any = registry.recognizers
        else:
            module, _, attribute = name.rpartition(".")
            found = getattr(importlib.import_module(module), attribute)
            found = found() if callable(found) else found
    except (ImportError, AttributeError, OSError, TypeError, ValueError) as error:
        where = Path(name).name if "/" in name else name
        raise ValueError(f"recogniser '{where}' cannot be had: {type(error).__name__}: {error}") from error
    made = list(found) if isinstance(found, list | tuple) else [found]
    if wrong := [r for r in made if not isinstance(r, EntityRecognizer)]:
        raise ValueError(
            f"recogniser '{name}' is {type(wrong[0]).__name__}, not an EntityRecognizer of Presidio"
        )
    return [r for r in made if r.supported_language == language]


def sources(named: Sequence[str | bool]) -> list[str]:
    """The files behind what a pipeline names (recognisers' YAML and modules, a pipeline of spaCy), which shape what is
    found; models of the Hub are known by name alone."""
    out = []
    for name in named:
        if not isinstance(name, str):
            continue
        library, _, model = name.rpartition(":")
        path = Path(model)
        if not path.exists():
            module = model if library else model.rpartition(".")[0]
            try:
                spec = importlib.util.find_spec(module) if module and "/" not in module else None
            except (ImportError, ValueError):
                spec = None
            path = Path(spec.origin) if spec and spec.origin else path
            path = path.parent if library else path
        out += sorted(str(p) for p in (path.rglob("*") if path.is_dir() else [path]) if p.is_file())
    return [file for file in out if "__pycache__" not in file]


def check(settings: Settings, replaced: Sequence[str]) -> None:
    """Whether all that is named is there: entities, recognisers, modules of models.

    Raises:
        ValueError: saying what is not, and what is near it.
    """
    if isinstance(settings.names, str):
        from curate.pii.names.external import check as check_model

        check_model(settings.names)
    own = [
        r for language in settings.languages for name in settings.recognisers for r in named(name, language)
    ]
    known = {entity for r in own for entity in r.supported_entities} | set(PRESETS["anonymise"])
    known |= {entity for entity, _ in settings.deny}
    asked = [*settings.entities, *(entity for entity in replaced if entity != "default")]
    if all(name.lstrip("+-") in known for name in asked):
        return
    from curate.pii.predefined import presidio_recognizers

    known |= {
        e
        for language in settings.languages
        for r in presidio_recognizers(language)
        for e in r.supported_entities
    }
    for name in asked:
        if (bare := name.lstrip("+-")) not in known:
            near = get_close_matches(bare, sorted(known), 1)
            hint = f" (did you mean '{near[0]}'?)" if near else ""
            raise ValueError(f"no recogniser finds the entity '{bare}'{hint}")
