"""Names found in texts by the embedded tagger, and by models of other libraries."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.models.invented_templates import TEMPLATES
from curate.pii.names import ALL, Names
from curate.pii.spans import Span


def told(text: str, **options: Any) -> set[tuple[str, str]]:
    return {(text[s.start : s.end], s.entity) for s in Names(**options).find([text])[0]}


def test_people_places_and_companies() -> None:
    found = told("Ms Ingrid Halvorsen of Trondheim wrote to Blackwater Holdings Ltd. on 3 May 2001.")
    assert {("Ingrid Halvorsen", "PERSON"), ("Trondheim", "LOCATION")} <= found
    assert any(kind == "ORGANIZATION" and "Blackwater" in text for text, kind in found)


def test_a_surname_met_once_is_found_in_the_rest_of_the_text() -> None:
    text = "Mr. Tobias Quillfeather sued.\n\nThe panel asked who paid.\n\nQuillfeather did. So QUILLFEATHER lost."
    spans = Names(entities=["PERSON"]).find([text])[0]
    assert sum("quillfeather" in text[s.start : s.end].lower() for s in spans) == 3


def test_words_of_law_are_no_people() -> None:
    text = (
        "The Court may grant the Motion. Will the Appellant appeal in May? Section 12 of the Act applies. "
        "Justice requires it. The Bank shall notify the Borrower under Article IV."
    )
    assert not {pair for pair in told(text) if pair[1] == "PERSON"}


def test_people_called_as_common_words_are_found_behind_titles() -> None:
    assert ("Stone", "PERSON") in told("Then Mr. Stone and Judge Young spoke.")
    assert ("Young", "PERSON") in told("Then Mr. Stone and Judge Young spoke.")


def test_what_identifies_is_found_on_demand_alone() -> None:
    text = "The case originated in an application (no. 41220/98) lodged by Mr Jan Kowalczyk on 14 May 1998."
    found = told(text, entities=ALL)
    assert ("41220/98", "DOCKET_NUMBER") in found and ("14 May 1998", "DATE_TIME") in found
    assert any("Kowalczyk" in name and kind == "PERSON" for name, kind in found)
    assert {kind for _, kind in told(text)} == {"PERSON"}


@given(st.lists(st.text(max_size=80), max_size=3))
def test_spans_lie_in_their_texts_in_order_and_apart(texts: list[str]) -> None:
    for text, spans in zip(texts, Names(entities=ALL).find(texts), strict=True):
        edges = [edge for s in spans for edge in (s.start, s.end)]
        assert edges == sorted(edges) and all(s.start < s.end <= len(text) for s in spans)
        assert all(0 < s.score <= 1 for s in spans)


def test_a_text_is_read_alike_alone_and_among_others_and_twice() -> None:
    one = "Dear Ms Petrova,\n\nyours, Alan Whitcombe"
    two = "Alan Whitcombe\n\nyours, Alan Whitcombe\n\nyours, Alan Whitcombe"
    names = Names()
    assert names.find([one, two, one]) == [*names.find([one]), *names.find([two]), *names.find([one])]


def test_offsets_are_characters_beyond_the_first_plane_too() -> None:
    text = "😀 é 𝔸 Mr Karl Strobel"
    (span,) = [s for s in Names().find([text])[0] if s.entity == "PERSON"]
    assert text[span.start : span.end] == "Karl Strobel"


def test_more_recall_covers_no_less() -> None:
    def covered(recall: float | None) -> int:
        (spans,) = Names(recall=recall).find(
            ["The paper by Nettlewick was read at Oxley before the Tarn committee."]
        )
        return sum(s.end - s.start for s in spans)

    assert covered(4.0) >= covered(None) > covered(-20.0) == 0


@pytest.mark.parametrize(
    "text",
    ["Сергей Иванов живёт в Москве.", "山田太郎は東京に住む", "عاش محمد", "\ud800 Mr Karl Strobel", "\x00"],
)
def test_other_languages_and_odd_characters_do_no_harm(text: str) -> None:
    assert isinstance(Names(entities=ALL).find([text])[0], list)


def test_faults_are_told() -> None:
    with pytest.raises(ValueError, match="no names are called PRESON"):
        Names(entities=["PRESON"])
    with pytest.raises(ValueError, match="give spacy:NAME"):
        Names("flair:ner")
    with pytest.raises(ValueError, match="finds no model 'no_such_pipeline'"):
        Names("spacy:no_such_pipeline")


def test_a_library_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gliner", None)
    with pytest.raises(ValueError, match="pip install gliner"):
        Names("gliner:some/model")


def test_a_spacy_pipeline_by_its_path(tmp_path: Path) -> None:
    import spacy

    nlp = spacy.blank("en")
    nlp.add_pipe("entity_ruler").add_patterns(  # type: ignore[attr-defined]
        [
            {"label": "GPE", "pattern": "Vienna"},
            {"label": "PERSON", "pattern": "Ada"},
            {"label": "LAW", "pattern": "Act"},
        ]
    )
    nlp.to_disk(tmp_path / "ruled")
    text = "Ada cites the Act in Vienna."
    assert told(text, model=f"spacy:{tmp_path / 'ruled'}") == {("Ada", "PERSON"), ("Vienna", "LOCATION")}
    assert told(text, model=f"spacy:{tmp_path / 'ruled'}", entities=["PERSON"]) == {("Ada", "PERSON")}


def by_pattern(pattern: str) -> Callable[..., list[dict[str, Any]]]:
    def found(text: str, *_: Any) -> list[dict[str, Any]]:
        spans = [(m.start(), m.end()) for m in re.finditer(pattern, text)]
        return [
            {"start": a, "end": b, "label": "person", "entity_group": "PER", "score": 0.5} for a, b in spans
        ]

    return found


@pytest.mark.parametrize("library", ["gliner", "transformers"])
def test_models_of_bounded_length_read_long_texts_whole(
    library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    find, fake = by_pattern("Ada"), ModuleType(library)
    fake.GLiNER = SimpleNamespace(from_pretrained=lambda name: SimpleNamespace(predict_entities=find))  # type: ignore[attr-defined]
    fake.pipeline = lambda *_, **__: find  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, library, fake)
    for gap in range(1180, 1210):
        text = "x" * gap + "Ada" + "y" * 2500 + "Ada"
        assert Names(f"{library}:any").find([text]) == [
            [Span(gap, gap + 3, "PERSON", 0.5, "names"), Span(gap + 2503, gap + 2506, "PERSON", 0.5, "names")]
        ]


def test_people_in_sentences_that_nothing_was_trained_on(real: Callable[[str], Path]) -> None:
    records = json.loads(real("pii/presidio_synth_v2.json").read_text())
    found = Names(entities=["PERSON"]).find([record["full_text"] for record in records])
    hit = told_ = known = right = 0
    for record, spans in zip(records, found, strict=True):
        people = [
            (s["start_position"], s["end_position"]) for s in record["spans"] if s["entity_type"] == "PERSON"
        ]
        known, told_ = known + len(people), told_ + len(spans)
        hit += sum(any(s.start < b and a < s.end for s in spans) for a, b in people)
        right += sum(any(s.start < b and a < s.end for a, b in people) for s in spans)
    assert hit / known > 0.83 and right / told_ > 0.73


def test_no_template_repeats_a_sentence_of_that_set(real: Callable[[str], Path]) -> None:
    def runs(text: str) -> set[tuple[str, ...]]:
        words = re.findall(r"[\w{}]+", re.sub(r"\{+[^}]*\}+", "{}", text.lower()))
        return {tuple(words[i : i + 5]) for i in range(len(words) - 4) if "{}" not in words[i : i + 5][0]}

    judged = {
        run for r in json.loads(real("pii/presidio_synth_v2.json").read_text()) for run in runs(r["masked"])
    }
    shared = {
        run for templates in TEMPLATES.values() for template in templates for run in runs(template)
    } & judged
    assert not shared
