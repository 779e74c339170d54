"""The card of synthetic data: what made it, licences of the documents behind it, gates, harm shown as text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml
from helpers import rows
from made_synth import made, rewritten, told
from test_card import HOSTILE, harmless

from curate import manifest
from curate.errors import GateError
from curate.publish.publish import publish


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> str:
    return made(tmp_path_factory.mktemp("card"))


def test_a_card_tells_of_generator_corpus_filters_and_licences(pairs: str, tmp_path: Path) -> None:
    publish(pairs, f"{tmp_path}/set")
    text, found = (tmp_path / "set" / "README.md").read_text(), told(pairs)
    harmless(text)
    head = yaml.safe_load(text.split("---\n")[1])
    assert {"synthetic", "preference", "dpo"} <= set(head["tags"]) and head["license"] == "cc0-1.0"
    assert head["configs"][0]["data_files"] == [{"split": "train", "path": "data/train-*"}]
    assert [f["name"] for f in head["dataset_info"]["features"]] == list(found["columns"])
    assert found["parts"]["upstream"]["corpus"] in text and "embedded generator" in text
    assert "| corrupted | 20 | 20 |" in text and "no gate judged the set" in text
    for step in found["steps"][1:]:
        row = next(
            line
            for line in text.splitlines()
            if line.startswith(f"| {step['step'].replace('_', chr(92) + '_')} |")
        )
        assert f"| {step['in']} | {sum(step['dropped'].values())} |" in row
    kept = rows(pairs)
    for source, n in kept["meta_source"].value_counts().iter_rows():
        assert f"| {source} | CC0-1.0 | {n} |" in text
    assert not [span for row in kept["chosen"] if (span := row[0]["content"]) in text]
    croissant = json.loads((tmp_path / "set" / "croissant.json").read_text())
    assert [f["name"].partition("/")[2] for f in croissant["recordSet"][0]["field"]] == list(found["columns"])


def test_licences_are_those_of_each_document(tmp_path: Path) -> None:
    """A document that names none has the rows refused that were made from it."""
    folder = made(tmp_path)
    used = rows(folder)["meta_documents"].list.first()
    out = Path(folder).parent
    corpus = str(out / manifest.latest(str(out))["corpus"])
    rewritten(
        corpus, "data", license=pl.when(pl.col("id") == used[0]).then(None).otherwise(pl.lit("CC-BY-4.0"))
    )
    found = told(corpus)
    for source in found["parts"]["config"]["sources"]:
        source["license"] = None
    manifest.write(corpus, found)
    with pytest.raises(GateError, match=f"{(used == used[0]).sum()} of 20 documents name no licence"):
        publish(folder, f"{tmp_path}/set")


def test_hostile_measures_and_rows_make_a_harmless_card(tmp_path: Path) -> None:
    folder = made(tmp_path)
    found: dict[str, Any] = told(folder)
    worst = [{"id": HOSTILE[0], "prompt": HOSTILE[1], "answer": HOSTILE[2]}]
    found["echo"]["measures"] = [
        {"field": text, "name": text, "value": 1.0, "human": 0.5, "worst": worst} for text in HOSTILE
    ]
    found["fewer"] = [f"corrupted: 1 of 2 rows were accepted: {text}" for text in HOSTILE]
    found["verdict"] = {"ok": True, "faults": []}
    found["steps"][1]["params"] = dict.fromkeys(HOSTILE, HOSTILE)
    found["columns"] |= dict.fromkeys(HOSTILE, "String")
    manifest.write(folder, found)
    detail = json.dumps({"corruption": {"kind": HOSTILE[0]}})
    said = pl.Series([(HOSTILE * 2)[i] for i in range(20)])
    rewritten(
        folder, "data", meta_model=said, meta_prompt=said, meta_sampling=said, meta_detail=pl.lit(detail)
    )
    publish(folder, f"{tmp_path}/set")
    harmless((tmp_path / "set" / "README.md").read_text())
