"""A lineage tells the whole chain, and says what of it is missing or was changed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import made
import pytest
from click.testing import CliRunner, Result
from helpers import build, texts, write_jsonl, write_pipeline

from curate import manifest
from curate.cli import main
from curate.errors import ConfigError
from curate.lineage import lineage, lines

HOSTILE = "\x1b[31mred\x1b[0m\u202e‮</pre>\nnext"


def links(node: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Links of a node by what they are and whom they name."""
    return {f"{link['as']} {link['node']['stage']}": link for link in node["from"]}


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["lineage", *arguments])


def test_a_model_is_traced_to_its_source_files(tmp_path: Path) -> None:
    tree = lineage(made.chain(tmp_path))
    assert tree["notes"] == [] and set(links(tree)) == {"start domain", "data corpus"}
    domain = links(tree)["start domain"]["node"]
    assert links(domain)["data corpus"]["reached"] == pytest.approx(0.75, abs=1e-3)
    assert (
        links(domain)["data general"]["tokens"] == 40960 and links(domain)["data general"]["epochs"] == 0.75
    )
    corpus = links(domain)["data corpus"]["node"]
    opinions, statutes = corpus["sources"]
    assert (opinions["license"], opinions["share"]) == ("CC0-1.0", 0.9)
    assert opinions["files"] == [{"name": "opinions.jsonl", "bytes": 1234, "sha256": "99" * 32}]
    assert statutes["license"] == "public-domain"
    foundation = links(domain)["start foundation"]["node"]
    assert foundation["model"]["preset"] == "tiny" and foundation["model"]["changed"] is None
    assert links(tree)["data corpus"]["node"]["state"] == "above"  # told where it stands first


def test_each_link_says_what_changed_and_what_came_of_it(tmp_path: Path) -> None:
    told = lineage(made.chain(tmp_path))["model"]
    assert {(c["name"], c["was"], c["now"]) for c in told["changed"]} == {
        ("objective", "continue", "dpo"),
        ("dpo.beta", None, 0.1),
        ("learning_rate", 3e-4, 1e-5),
    }
    assert told["scores"]["domain/opinions"]["change"]["high"] < 0
    assert told["gate"]["verdict"] == "failed" and "2.31 → 2.58" in told["gate"]["faults"][0]


def test_the_tree_reads_in_a_terminal_and_json_has_all(tmp_path: Path) -> None:
    folder = made.chain(tmp_path)
    shown = run(folder)
    assert shown.exit_code == 0
    text = " ".join(shown.output.replace("│", " ").split())
    for words in (
        "dpo, 81.9k tokens, 20 steps",
        "objective continue → dpo",
        "general/wikitext: 2.31 → 2.58 [2.55, 2.61] bits per byte; change +0.27 [+0.24, +0.3]",
        "source opinions: raw/opinions/*.jsonl, CC0-1.0, 1 file",
        "FAILED",
        "see above",
    ):
        assert words in text, words
    assert max(map(len, shown.output.splitlines())) <= 120
    by_stage = run(str(tmp_path), "--stage", "chat", "--json")
    assert json.loads(by_stage.stdout.splitlines()[-1])["stage"] == "chat"


def test_a_scorecard_is_traced_through_its_models(tmp_path: Path) -> None:
    folder = made.chain(tmp_path)
    models = {
        key: {"stage": stage, "at": str(made.folder_of(tmp_path, stage)), "fingerprint": made.PRINTS[stage]}
        for key, stage in (("model", "chat"), ("against", "domain"))
    }
    found = manifest.read(folder)
    assert found is not None
    card = {k: v for k, v in found.items() if k not in ("model", "training", "data", "parts")}
    parts = {
        "config": {"model": "chat", "against": "domain"},
        "inputs": {"general/x x.csv": [["x.csv", 9, "1"]]},
    }
    parts["upstream"] = {"chat": made.PRINTS["chat"], "domain": made.PRINTS["domain"]}
    told = {
        "kind": "evaluate",
        "stage": "scorecard",
        "fingerprint": "ca" * 32,
        "models": models,
        "parts": parts,
    }
    manifest.write(str(tmp_path / "scorecard-cacacaca"), card | told)
    tree = lineage(str(tmp_path / "scorecard-cacacaca"))
    assert set(links(tree)) == {"model chat", "against domain"} and tree["notes"] == []
    assert links(tree)["against domain"]["node"]["state"] == "above"  # chat began from it
    assert links(links(tree)["model chat"]["node"])["start domain"]["node"]["state"] == "there"
    assert "measured on general/x x.csv 1 file" in " ".join(lines(tree, 200)).replace(",", "").replace(
        ":", ""
    )


@pytest.mark.parametrize("change", ["gone", "rebuilt"])
def test_what_is_gone_or_rebuilt_is_said(tmp_path: Path, change: str) -> None:
    folder = made.chain(tmp_path)
    behind = made.folder_of(tmp_path, "foundation")
    if change == "gone":
        shutil.rmtree(behind)
    else:
        found = manifest.read(str(behind))
        assert found is not None
        manifest.write(str(behind), found | {"fingerprint": "99" * 32})
    tree = lineage(folder)
    node = links(links(tree)["start domain"]["node"])["start foundation"]["node"]
    assert node["state"] == {"gone": "missing", "rebuilt": "changed"}[change]
    assert "from" not in node  # what another artefact was made from is not told as this one's
    assert len(tree["notes"]) == 1 and tree["notes"][0].startswith("domain was made from foundation: ")
    shown = " ".join(run(folder).output.split())
    assert {"gone": "MISSING", "rebuilt": "CHANGED"}[
        change
    ] in shown and "note: domain was made from" in shown
    domain = links(tree)["start domain"]["node"]
    assert domain["model"]["changed"] is None and "general" in {link["name"] for link in domain["from"]}


def test_a_copied_or_published_folder_tells_what_its_manifest_holds(tmp_path: Path) -> None:
    copy = tmp_path / "elsewhere" / "model"
    shutil.copytree(made.chain(tmp_path / "runs"), copy)
    shutil.rmtree(tmp_path / "runs")
    (copy / "curate").mkdir()
    (copy / "manifest.json").rename(copy / "curate" / "manifest.json")
    tree = lineage(str(copy))
    assert tree["stage"] == "chat" and len(tree["notes"]) == 2
    data = links(tree)["data corpus"]
    assert data["licenses"] == ["CC0-1.0", "public-domain"] and data["tokens"] == 81920
    assert data["node"]["state"] == "missing" and data["node"]["fingerprint"] == made.PRINTS["corpus"]
    assert links(tree)["start domain"]["node"]["fingerprint"] == made.PRINTS["domain"]


def test_an_artefact_that_lies_elsewhere_is_found_where_it_was(tmp_path: Path) -> None:
    made.chain(tmp_path / "one")
    start = {"stage": "domain", "at": str(made.folder_of(tmp_path / "one", "domain"))}
    start["fingerprint"] = made.PRINTS["domain"]
    folder = made.model(tmp_path / "two", "chat", "domain", {}, model={"start": [start]})
    assert links(lineage(folder))["start domain"]["node"]["state"] == "there"


def test_models_of_the_hub_and_files_are_told_as_such(tmp_path: Path) -> None:
    there = tmp_path / "chat.jsonl"
    there.write_text("{}\n")
    data = {
        name: {"from": path, "share": 0.5, "files": 1, "fingerprint": "12" * 32, "licenses": []}
        for name, path in (("here", str(there)), ("gone", str(tmp_path / "gone.jsonl")))
    }
    start = [{"address": "hf://owner/base@v1", "at": "hf://owner/base@v1", "fingerprint": "34" * 32}]
    parts = {"config": {}, "inputs": {}, "upstream": {}}
    folder = made.altered(made.chain(tmp_path), model={"start": start}, data=data, parts=parts)
    found = {link["name"]: link["node"]["state"] for link in lineage(folder)["from"]}
    assert found == {"hf://owner/base@v1": "outside", "here": "outside", "gone": "missing"}


def test_hostile_names_are_shown_as_text(tmp_path: Path) -> None:
    data = {HOSTILE: {"from": HOSTILE, "share": 1.0, "fingerprint": "56" * 32, "licenses": [HOSTILE]}}
    scores = {f"general/{HOSTILE}": made.second()["general/wikitext"] | {"metric": HOSTILE}}
    folder = made.altered(made.chain(tmp_path), data=data, scores=scores, stage=HOSTILE)
    shown = "\n".join(lines(lineage(folder), 100))
    assert "\x1b" not in shown and "\u202e" not in shown and "\\x1b[31mred" in shown


@pytest.mark.parametrize(
    "broken", [{"parts": 7}, {"model": [1]}, {"data": "x"}, {"totals": None, "scores": [2]}]
)
def test_a_manifest_of_odd_values_stops_nothing(tmp_path: Path, broken: dict[str, Any]) -> None:
    folder = made.altered(made.chain(tmp_path), **broken)
    assert list(lines(lineage(folder), 100))


def test_forged_manifests_lead_to_no_endless_chain(tmp_path: Path) -> None:
    for i in range(80):
        parts = {"upstream": {f"s{i + 1}": f"{i + 1:08d}"}, "config": {}, "inputs": {}}
        told = {"kind": "curate", "stage": f"s{i}", "fingerprint": f"{i:08d}", "parts": parts}
        manifest.write(str(tmp_path / f"s{i}-{i:08d}"), told)
    tree = lineage(str(tmp_path / "s0-00000000"))
    assert any("links deep" in note for note in tree["notes"])


def test_what_is_no_artefact_is_refused(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text('{"name": "an extension of a browser"}')
    with pytest.raises(ConfigError, match="no artefact's"):
        lineage(str(tmp_path))
    assert run(str(tmp_path / "nothing")).exit_code == 2


def test_a_real_corpus_read_by_another_stage(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "in" / "a.jsonl", texts(20))
    first = {"sources": [{"name": "a", "path": str(tmp_path / "in"), "license": "MIT"}], "steps": []}
    second = {"sources": [{"name": "again", "from": "corpus"}], "steps": []}
    out = build(
        write_pipeline(tmp_path / "p.yaml", {"corpus": first, "second": second}), tmp_path / "out", "second"
    )
    tree = lineage(out["path"])
    node = links(tree)["documents corpus"]["node"]
    [source] = node["sources"]
    assert tree["notes"] == [] and tree["sources"] == [] and node["state"] == "there"
    assert source["license"] == "MIT" and len(source["files"][0]["sha256"]) == 64 and source["share"] == 1.0
