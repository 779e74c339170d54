"""`pii` as its parameters say: what is found, what stands in its place, what a stage tells of it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner
from helpers import build, rows, write_jsonl, write_pipeline

from curate.cli import main
from curate.errors import ConfigError, RunError
from curate.steps.pii import _settings, pii

LETTER = (
    "On March 3, 2019 Mr. John Smith of 12 Elm Street, Springfield, IL 62704 called 217-555-0143 from Boston about "
    "No. 21-1004. SMITH, John wrote to john.smith@example.com under Section 8.2.3.1; Mr. Smith's social security "
    "number is 536-22-8726. Judge Roberta Keller, whose server is at 10.1.2.3, agreed with him."
)


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CURATE_PII_KEY", "words that only we know")


def one(text: str = LETTER, **params: Any) -> str:
    kept = pii(pl.DataFrame({"id": ["a"], "source": ["s"], "text": [text]}), **params).kept
    return str(kept["text"][0])


def test_contact_takes_who_can_be_reached_and_leaves_law_and_facts() -> None:
    assert one() == (
        "On March 3, 2019 Mr. [PERSON_1] of [STREET_ADDRESS_1] called [PHONE_NUMBER_1] from Boston about No. 21-1004. "
        "[PERSON_1] wrote to [EMAIL_ADDRESS_1] under Section 8.2.3.1; Mr. [PERSON_1]'s social security number is "
        "[US_SSN_1]. Judge Roberta Keller, whose server is at [IP_ADDRESS_1], agreed with him."
    )


def test_anonymise_takes_places_dates_and_dockets_too() -> None:
    text = one(preset="anonymise")
    assert not any(known in text for known in ("2019", "Boston", "21-1004", "Smith"))
    assert "Section 8.2.3.1" in text and "Roberta Keller" in text


def test_entities_threshold_allow_and_deny() -> None:
    text = one(
        entities=["+DOCKET_NUMBER", "-EMAIL_ADDRESS"], allow=["10.1.2.3"], deny={"PROJECT": ["server"]}
    )
    assert "[DOCKET_NUMBER_1]" in text and "john.smith@example.com" in text
    assert "whose [PROJECT_1] is at 10.1.2.3" in text
    assert "[US_SSN_1]" not in one("my number is 536-22-8726", threshold=0.99)
    assert "[US_SSN_1]" in one("my number is 536-22-8726")


def test_names_judges_and_false_alarms_are_options() -> None:
    assert "Mr. John Smith" in one(names=False) and "[PHONE_NUMBER_1]" in one(names=False)
    assert "Judge [PERSON_2]" in one(judges="replace")
    assert "Section [IP_ADDRESS_1]" in one(false_alarms="keep")


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("tag", "call [PHONE_NUMBER_1]"),
        ("keep", "call 217-555-0143"),
        ({"PHONE_NUMBER": "mask"}, "call █████"),
        ({"default": "keep", "PERSON": "tag"}, "call 217-555-0143"),
    ],
)
def test_ways_of_replacing(mode: Any, expected: str) -> None:
    assert one("call 217-555-0143", replace=mode) == expected


def test_hashes_and_pseudonyms_are_the_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    hashed, invented = one(replace="hash"), one(replace="pseudonym")
    assert (hashed, invented) == (one(replace="hash"), one(replace="pseudonym"))
    assert hashed.count("[PERSON:") == 3 and len({part[:16] for part in hashed.split("[PERSON:")[1:]}) == 1
    assert "Smith" not in invented and "@" in invented and "Section 8.2.3.1" in invented
    monkeypatch.setenv("CURATE_PII_KEY", "another")
    assert one(replace="hash") != hashed and one(replace="pseudonym") != invented


def test_a_document_can_go_and_what_was_found_can_be_annotated() -> None:
    frame = pl.DataFrame({"id": ["a", "b"], "source": ["s", "s"], "text": [LETTER, "nothing private"]})
    outcome = pii(frame, replace={"US_SSN": "drop"}, annotate=True)
    assert outcome.kept["id"].to_list() == ["b"]
    (gone,) = outcome.dropped.to_dicts()
    assert json.loads(gone["detail"]) == {"entities": ["US_SSN"]} and "536-22" not in str(gone)
    (found,) = pii(frame[:1], replace="tag", annotate=True).kept.to_dicts()
    for span in found["pii"]:
        assert found["text"][span["start"] : span["end"]] == f"[{span['entity']}_{span['number']}]"
    assert len(found["pii"]) == 8


BADGE = """
recognizers:
  - name: badges
    supported_entity: BADGE
    supported_language: en
    patterns: [{name: badge, regex: "\\\\bBX-\\\\d{4}\\\\b", score: 0.9}]
"""


def test_a_users_recognisers_from_yaml_and_by_dotted_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "own.yaml").write_text(BADGE)
    (tmp_path / "own_pii.py").write_text(
        "from presidio_analyzer import Pattern, PatternRecognizer\n"
        "def rooms():\n"
        "    pattern = Pattern('room', r'\\bRoom \\d{3}\\b', 0.8)\n"
        "    return [PatternRecognizer('ROOM', patterns=[pattern])]\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    text = "Badge BX-1234 opened Room 101."
    given = [str(tmp_path / "own.yaml"), "own_pii.rooms"]
    assert one(text, recognisers=given, entities=["BADGE", "ROOM"]) == "Badge [BADGE_1] opened [ROOM_1]."
    assert one(text, recognisers=given) == text  # in no preset, and not asked for
    sys.modules.pop("own_pii")


def test_languages_choose_recognisers() -> None:
    frame = pl.DataFrame(
        {
            "id": ["a", "b"],
            "source": ["s", "s"],
            "language": ["es", "en"],
            "text": ["Su NIF es 12345678Z.", "Call 217-555-0143."],
        }
    )
    kept = pii(frame, languages=["en", "es"], names=False).kept
    assert kept["text"].to_list() == ["Su NIF es [ES_NIF_1].", "Call [PHONE_NUMBER_1]."]


@pytest.mark.parametrize(
    ("params", "told"),
    [
        ({"entities": ["EMAIL_ADRESS"]}, "did you mean 'EMAIL_ADDRESS'?"),
        ({"replace": {"PERSN": "tag"}}, "did you mean 'PERSON'?"),
        ({"replace": "pseudonymise"}, "pseudonym"),
        ({"recognisers": ["no_module.thing"]}, "no_module.thing"),
        ({"recognisers": ["json.dumps"]}, "json.dumps"),
        ({"names": "spacy:en_no_such_model"}, "en_no_such_model"),
    ],
)
def test_what_is_not_there_is_told_before_the_run(tmp_path: Path, params: Any, told: str) -> None:
    write_jsonl(tmp_path / "in.jsonl", [{"text": LETTER}])
    stage = {"sources": [{"name": "s", "path": str(tmp_path / "in.jsonl")}], "steps": [{"pii": params}]}
    with pytest.raises((ConfigError, RunError)) as error:
        build(write_pipeline(tmp_path / "p.yaml", {"corpus": stage}), tmp_path / "out")
    assert told in str(error.value)


def corpus(tmp_path: Path, **params: Any) -> dict[str, Any]:
    """Two files of letters, the same people in both."""
    for name in "ab":
        write_jsonl(tmp_path / f"{name}.jsonl", [{"text": f"{LETTER} Page {n} of {name}."} for n in range(4)])
    stage = {
        "sources": [{"name": "s", "path": str(tmp_path / "*.jsonl")}],
        "steps": [{"pii": params}],
        "task_size": 900,
    }
    return build(write_pipeline(tmp_path / "p.yaml", {"corpus": stage}), tmp_path / "out")


def test_one_person_is_one_everywhere_and_the_vault_knows_who(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = corpus(tmp_path, replace="pseudonym", vault=True)
    openings = {text.partition(" called ")[0] for text in rows(made["path"])["text"]}
    assert len(openings) == 1
    name = openings.pop().split("Mr. ")[1].split(" of ")[0]
    shown = CliRunner().invoke(main, ["reveal", made["path"], name, "--json"])
    assert json.loads(shown.stdout)[0]["original"] == "John Smith"
    private = Path(made["path"]) / "private"
    assert all(b"Smith" not in path.read_bytes() for path in private.iterdir())
    monkeypatch.setenv("CURATE_PII_KEY", "another")
    assert CliRunner().invoke(main, ["reveal", made["path"], name]).exit_code == 2


def test_the_evidence_counts_and_shows_forms_alone(tmp_path: Path) -> None:
    made = corpus(tmp_path)
    found = {
        (r["entity"], r["recogniser"]): r["n"] for r in rows(made["path"], "evidence/pii/found").to_dicts()
    }
    assert found["PERSON", "names"] >= 24 and found["US_SSN", "social security number"] == 8
    examples = rows(made["path"], "evidence/pii/examples")
    assert "999-99-9999" in examples.filter(entity="US_SSN")["example"].to_list()
    gone = {r["rule"]: r["n"] for r in rows(made["path"], "evidence/pii/suppressed").to_dicts()}
    assert gone["section_number"] == 8 and gone["judge"] == 8


def test_the_second_look_sees_what_is_left_and_not_what_was_put_there() -> None:
    from curate.pii.scrub import Way, cleaner, modes

    seen = cleaner(_settings(pii.filled({})), Way(modes("pseudonym"), "document"), b"key")
    frame = pl.DataFrame(
        {
            "id": ["a", "b"],
            "source": ["s", "s"],
            "text": ["Mr. John Smith called 217-525-7143.", "Mr. John Smith called 217-525-7143."],
            "_pii": [["Mr. John Smith", "217-525-7143"], ["Mr. John Smith"]],
        }
    )
    assert seen.residual(frame).to_dicts() == [
        {"id": "b", "entity": "PHONE_NUMBER", "recogniser": "PhoneRecognizer", "example": "999-999-9999"}
    ]
