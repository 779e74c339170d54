"""`pii`: private data that the generator made up or remembered, found by the detector of curate's step `pii`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from synth.filters.base import Context, Filter, Rejection, sources, texts
from synth.samples import Sample


def pii(
    *,
    preset: Literal["contact", "anonymise"] = "contact",
    entities: list[str] = [],  # noqa: B006  (parameters are never changed)
    names: bool | str = False,
    threshold: Annotated[float, Field(ge=0, le=1)] | None = None,
    trust_sources: bool = True,
) -> Filter:
    """Refuse samples with private data: what `preset` and `entities` of the step `pii` look for, persons' names only
    with `names`.

    What stands in the passages or the evidence has passed the corpus's own `pii` (or is one of its pseudonyms) and is
    let be, unless `trust_sources` is false. The detail tells entities and how long each is, never the value.

    Raises:
        ValueError: an entity, or the model of names, is unknown.
    """
    from curate.pii.detect import Settings, check
    from curate.pii.scrub import Way, cleaner

    settings = Settings(preset=preset, entities=tuple(entities), names=names, threshold=threshold)
    check(settings, [])
    detector = cleaner(settings, Way((), "document"), b"").detector  # made once a process
    wanted = set(settings.scores) - (set() if names else {"PERSON"})

    def decide(sample: Sample, context: Context) -> Rejection | None:
        told = "\n\n".join(texts(sample, context))
        spans = [span for span in detector.find([told]).spans[0] if span.entity in wanted]
        if spans and trust_sources:
            shown = "\n".join(sources(sample, context)).casefold()
            spans = [span for span in spans if told[span.start : span.end].casefold() not in shown]
        if not spans:
            return None
        return Rejection(
            "pii", {"found": [{"entity": s.entity, "characters": s.end - s.start} for s in spans]}
        )

    return decide
