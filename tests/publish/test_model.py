"""A model goes out with the card that training wrote. Training does not exist yet: this artefact is made by hand."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from hub_server import Hub

from curate import manifest
from curate.errors import ConfigError, GateError
from curate.publish.publish import publish


def trained(folder: Path, **changes: object) -> str:
    weights, config = b"\0" * 5000, b'{"model_type": "gpt2"}'
    files = {"model.safetensors": weights, "config.json": config}
    for name, content in files.items():
        (folder / "model").mkdir(parents=True, exist_ok=True)
        (folder / "model" / name).write_bytes(content)
    (folder / "README.md").write_text("---\nlicense: mit\n---\n# A model\n")
    entries = [
        {"path": name, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for name, content in files.items()
    ]
    told = {
        "kind": "train",
        "pipeline": "legal",
        "stage": "domain",
        "fingerprint": "ab" * 32,
        "verdict": {"ok": True, "faults": []},
        "totals": {"kept": 0},
        "steps": [],
        "private_key": "k",
        "outputs": {"model": entries},
        "pipeline_file": "name: legal\n",
    }
    manifest.write(str(folder), told | changes)
    return str(folder)


def test_a_model_is_published_with_its_own_card(hub: Hub, tmp_path: Path) -> None:
    folder = trained(tmp_path / "model-abab")
    told = publish(folder, "owner/model")
    repo = hub.repos["models/owner/model"]
    tree = repo.commits[repo.branches["main"]]
    assert set(tree) - {".gitattributes"} == {
        "README.md",
        "config.json",
        "model.safetensors",
        "curate/manifest.json",
        "curate/pipeline.yaml",
    }
    assert hub.content(tree["README.md"]).decode() == Path(folder, "README.md").read_text()
    assert repo.tags == {told["release"]: repo.branches["main"]}
    assert publish(folder, "owner/model")["commit"] is None


def test_gates_hold_for_models_too(tmp_path: Path) -> None:
    folder = trained(tmp_path / "model-abab", private_key=None, verdict={"ok": False, "faults": ["forgot"]})
    with pytest.raises(GateError, match="stage domain failed: forgot"):
        publish(folder, f"{tmp_path}/set")
    publish(folder, f"{tmp_path}/set", overrides={"verdict": "a draft", "pii": "public texts"})
    card = (tmp_path / "set" / "README.md").read_text()
    assert card.startswith("---\nlicense: mit\n---\n# A model\n") and "because: a draft" in card
    copy = json.loads((tmp_path / "set" / "curate" / "manifest.json").read_text())
    assert [entry["name"] for entry in copy["published"]["overrides"]] == ["verdict", "pii"]


def test_a_model_without_a_card_is_none(tmp_path: Path) -> None:
    folder = trained(tmp_path / "model-abab")
    Path(folder, "README.md").unlink()
    with pytest.raises(ConfigError, match="training writes it"):
        publish(folder, f"{tmp_path}/set")
