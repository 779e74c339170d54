"""The card of a model: metadata that the Hub reads, an honest verdict, and no path or text that may not be public."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import lxml.etree
import made
import pytest
from huggingface_hub import ModelCard

from curate import manifest
from curate.errors import GateError
from curate.publish.publish import publish
from train import front, telling
from train.card import card, gaps, write


def read(folder: str) -> dict[str, Any]:
    found = manifest.read(folder)
    assert found is not None
    return found


def written(folder: str) -> str:
    write(read(folder), folder)
    return Path(folder, "README.md").read_text(encoding="utf-8")


def domain(out: Path) -> str:
    made.chain(out)
    return str(made.folder_of(out, "domain"))


def test_the_hub_reads_its_head(tmp_path: Path) -> None:
    data = ModelCard(written(domain(tmp_path))).data
    assert (data.license, data.language) == ("cc0-1.0", ["en"])
    assert (data.pipeline_tag, data.library_name) == ("text-generation", "transformers")
    assert "continue" in data.tags and "failed-its-gate" not in data.tags and data.base_model is None
    scores = {result.dataset_name: result for result in data.eval_results or ()}
    assert set(scores) == {name for name in made.second() if name.count("/") < 2}
    bits = scores["general/wikitext"]
    assert (bits.metric_type, bits.metric_value) == ("bits_per_byte", 2.58)
    assert bits.metric_name == "bits per byte (95% 2.55 to 2.61; 2.31 before)"


def test_a_base_of_the_hub_and_its_data_are_named(tmp_path: Path) -> None:
    start = [{"address": "hf://owner/base@v1", "at": "hf://owner/base@v1", "fingerprint": "12" * 32}]
    data = {
        "texts": {
            "from": "hf://datasets/owner/set/data",
            "share": 1.0,
            "fingerprint": "34" * 32,
            "licenses": ["MIT"],
        }
    }
    adapter = {"name": "lora", "rank": 16}
    folder = domain(tmp_path)
    changes: dict[str, Any] = {
        "model": read(folder)["model"] | {"start": start, "adapter": adapter},
        "data": data,
    }
    changes["outputs"] = read(folder)["outputs"] | {
        "adapter": [{"path": "adapter_config.json", "bytes": 2, "sha256": "0"}]
    }
    text = written(made.altered(folder, **changes))
    head = ModelCard(text).data
    assert (head.base_model, head["base_model_relation"], head.datasets) == (
        "owner/base",
        "finetune",
        ["owner/set"],
    )
    assert head.license == "unknown"  # what the base is under is not known here
    assert 'subfolder="adapter"' in text and 'from_pretrained("owner/base")' in text and "lora" in head.tags
    # A model that was trained from this one has the same base.
    tuned = made.altered(str(made.folder_of(tmp_path, "chat")), data={}, verdict={"ok": True, "faults": []})
    assert ModelCard(written(tuned)).data.base_model == "owner/base"


@pytest.mark.parametrize(
    ("licenses", "told"),
    [
        (["CC0-1.0"], {"license": "cc0-1.0"}),
        (["public-domain"], {"license": "other", "license_name": "public-domain"}),
        (["CC-BY-SA-4.0", "GPL-3.0"], {"license": "other", "license_name": "as-its-training-data-say"}),
        ([], {"license": "unknown"}),
        (["whatever"], {"license": "unknown"}),
    ],
)
def test_the_licence_is_that_of_the_data(tmp_path: Path, licenses: list[str], told: dict[str, str]) -> None:
    made.corpus(tmp_path)
    folder = made.model(tmp_path, "foundation", None, {"corpus": 1.0}, objective={"pretrain": {}})
    data = {"corpus": read(folder)["data"]["corpus"] | {"licenses": licenses}}
    head = ModelCard(written(made.altered(folder, data=data))).data.to_dict()
    assert {key: head.get(key) for key in told} == told


def test_only_what_it_was_trained_from_is_its_base(tmp_path: Path) -> None:
    """The model that a reward model began from is none, and what is gone has a licence that is not known."""
    hub = {"name": "hf://acme/bert", "stage": "hf://acme/bert", "state": "outside", "from": []}
    reward = {"stage": "judge", "state": "there", "from": [{"as": "start", "node": hub}]}
    tree = {"stage": "policy", "from": [{"as": "reward", "node": reward}]}
    assert [front._hub_base(node) for node in front._starts(tree)] == []
    direct = {"stage": "policy", "from": [{"as": "start", "node": reward}]}
    assert [front._hub_base(node) for node in front._starts(direct)] == [None, "acme/bert"]
    data = {"link": {"as": "data", "licenses": ["MIT"]}, "state": "there"}
    for state, licence in (("there", "mit"), ("missing", "unknown"), ("changed", "unknown")):
        chain = [{"stage": "policy"}, data, {"link": {"as": "start"}, "state": state}]
        assert front.license_of({}, chain)["license"] == licence


def test_a_failed_model_says_so_first(tmp_path: Path) -> None:
    text = written(made.chain(tmp_path))
    body = text.partition("\n---\n")[2]
    assert body.index("## Failed") < body.index("1,400,000 parameters") and "refused by its own gate" in body
    assert "2.31 → 2.58 bits per byte" in body.partition("## Scores")[0]
    assert "failed-its-gate" in ModelCard(text).data.tags
    assert "## Failed" not in written(str(made.folder_of(tmp_path, "domain")))


def test_it_tells_scores_chain_settings_and_how_to_make_it_again(tmp_path: Path) -> None:
    text = written(domain(tmp_path)).replace("\\", "")
    for words in (
        "| general/wikitext | bits per byte ↓ | 60 | 2.31 (2.28 to 2.34) | 2.58 (2.55 to 2.61) |",
        "foundation | start | train | pretrain, 163,840 tokens",
        "raw/opinions/*.jsonl: 1 file, 90.0% of the text | CC0-1.0",
        "| learning_rate | 0.0003 |",
        "| corpus | corpus | 122,880 | 75.0% | 75.0% |",
        "AutoModelForCausalLM.from_pretrained(here)",
        "curate run pipeline.yaml --stage domain",
        "seed 7",
        "torch 2.13.0",
    ):
        assert words in text, words


def test_the_loss_is_a_picture_beside_it(tmp_path: Path) -> None:
    folder = domain(tmp_path)
    assert "![Loss by step](loss.svg)" in written(folder)
    picture = lxml.etree.fromstring(Path(folder, "loss.svg").read_bytes())
    names = {lxml.etree.QName(element).localname for element in picture.iter()}
    assert {"svg", "polyline", "text"} <= names and not {"script", "image", "foreignObject"} & names
    Path(folder, "log.jsonl").unlink()  # as after a merge
    assert "loss.svg" not in written(folder) and not Path(folder, "loss.svg").exists()


def test_gaps_are_told(tmp_path: Path) -> None:
    folder = made.chain(tmp_path, scores={"general/x": made.second()["general/wikitext"]})
    found = read(folder)
    found["parts"]["config"] |= {
        "limit": 3,
        "canaries": {"each": 4},
        "evaluate": {"skipped": {"domain": "no rows"}},
    }
    found["data"]["corpus"]["licenses"] = []
    told = " ".join(gaps(found, {"notes": ["chat was made from domain: gone"]}))
    for words in ("domain abilities were not measured: no rows", "refuses what is harmful was not measured",
                  "memorised", "fewer than 100 items", "a trial", "canaries", "No licence is named for the data corpus",
                  "made from domain: gone", "one seed"):  # fmt: skip
        assert words in told, words


@pytest.mark.parametrize(
    ("tokens", "told"),
    [
        (163_840, None),
        (161_000, None),
        (50_000, "50,000 tokens, this model on 163,840"),
        (None, "is not known"),
    ],
)
def test_a_control_of_other_tokens_is_none(tokens: int | None, told: str | None) -> None:
    found = {"training": {"tokens": 163_840}, "control": {"name": "more", "tokens": tokens}}
    odd = telling.unequal(found)
    assert (odd is None) if told is None else (odd is not None and told in odd)
    assert telling.unequal({"training": {"tokens": 163_840}}) is None


def test_it_names_no_path_of_this_machine_and_shows_names_as_text(tmp_path: Path) -> None:
    folder = domain(tmp_path)
    found = read(folder)
    odd = "<img src=x onerror=alert(1)> [x](javascript:1) \x1b[31m"
    found["data"] = {
        odd: {"from": "/mnt/someone/secret/texts.jsonl", "share": 1.0, "fingerprint": "", "licenses": [odd]}
    }
    text = card(found, folder)
    assert (
        "/mnt/someone" not in text and str(tmp_path) not in text and "…/texts.jsonl" in text.replace("\\", "")
    )
    assert "\x1b" not in text
    assert not re.search(r"(?<!\\)<img", text) and not re.search(r"(?<!\\)\]\(javascript", text)


def test_it_is_published_with_its_picture_and_adapter(tmp_path: Path) -> None:
    folder = domain(tmp_path / "runs")
    (Path(folder) / "adapter").mkdir()
    (Path(folder) / "adapter" / "adapter_model.safetensors").write_bytes(b"\0\0")
    entry = {
        "path": "adapter_model.safetensors",
        "bytes": 2,
        "sha256": "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
    }
    found = read(folder)
    scores = found["scores"]
    scores["general/wikitext"]["examples"] = [{"item": "i", "detail": "what was asked"}]
    outputs = found["outputs"] | {"adapter": [entry], "private": [{"path": "canaries.jsonl"}]}
    written(made.altered(folder, outputs=outputs, scores=scores))
    target = tmp_path / "hub"
    publish(folder, str(target))
    files = {path.relative_to(target).as_posix() for path in target.rglob("*") if path.is_file()}
    assert files >= {
        "README.md",
        "loss.svg",
        "config.json",
        "model.safetensors",
        "adapter/adapter_model.safetensors",
    }
    public = json.loads((target / "curate" / "manifest.json").read_text())
    assert "what was asked" not in json.dumps(public) and "canaries" not in json.dumps(public["outputs"])


def test_a_failed_model_or_one_of_unscrubbed_files_needs_an_override(tmp_path: Path) -> None:
    failed = made.chain(tmp_path / "runs")
    written(failed)
    with pytest.raises(GateError, match="stage chat failed: general/wikitext"):
        publish(failed, str(tmp_path / "hub"))
    publish(failed, str(tmp_path / "hub"), overrides={"verdict": "to study forgetting"})
    assert "because: to study forgetting" in (tmp_path / "hub" / "README.md").read_text()
    raw = {"texts": {"from": "texts.jsonl", "share": 1.0, "fingerprint": "", "licenses": ["MIT"]}}
    other = made.altered(str(made.folder_of(tmp_path / "runs", "domain")), data=raw)
    written(other)
    with pytest.raises(
        GateError, match="pii: no step took private data out of what the model was trained on"
    ):
        publish(other, str(tmp_path / "other"))
