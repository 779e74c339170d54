"""How much of a release the Hub's storage keeps for the next one: by `hf_xet` itself, whose storage can be a folder."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from helpers import build, write_jsonl, write_pipeline
from hub_server import Hub
from published import records

from curate import manifest
from curate.publish.publish import publish

hf_xet = pytest.importorskip("hf_xet")

#: Real law: 1,767 documents, 52 million characters.
TEXTS = (
    "contracts_edgar",
    "cuad_contracts",
    "us_federal_appellate_opinions",
    "scotus_oral_arguments",
    "ie_acts_md",
)


def law(real: Callable[[str], Path]) -> list[dict[str, Any]]:
    out = []
    for name in TEXTS:
        with gzip.open(real(f"legal/{name}.jsonl.gz"), "rt", encoding="utf-8") as lines:
            rows = map(json.loads, lines)
            out += [{"id": f"{name}{row['id']}", "text": row["text"]} for row in rows if row.get("text")]
    return out


def changed(rows: list[dict[str, Any]], seed: int) -> list[dict[str, Any]]:
    """1% of the documents with three words more somewhere."""
    chance = random.Random(seed)
    chosen = set(chance.sample(range(len(rows)), len(rows) // 100))
    out = []
    for i, row in enumerate(rows):
        if i in chosen:
            words = row["text"].split(" ")
            at = chance.randrange(len(words))
            words[at:at] = ["an", "inserted", "clause"]
            row = row | {"text": " ".join(words)}
        out.append(row)
    return out


def shards(folder: Path, rows: list[dict[str, Any]], shard_size: int) -> list[str]:
    write_jsonl(folder / "in.jsonl", rows)
    told = {
        "sources": [{"name": "a", "path": f"{folder}/in.jsonl", "license": "CC0-1.0"}],
        "steps": ["signals"],
        "output": {"shard_size": shard_size},
    }
    path = build(write_pipeline(folder / "p.yaml", {"corpus": told}), folder / "out")["path"]
    found = manifest.read(str(path))
    assert found is not None
    return manifest.files(str(path), found)


def stored(cas: Path, files: list[str]) -> Any:
    """What uploading files to xet storage in a folder found there already."""
    cas.mkdir(exist_ok=True)
    commit = hf_xet.XetSession().new_upload_commit(endpoint=f"local://{cas}")
    for file in files:
        commit.start_upload_file(file)
    return commit.wait_to_finish().dedup_metrics


@pytest.mark.slow
@pytest.mark.parametrize(("shard_size", "least"), [(256_000_000, 0.85), (12_000_000, 0.8)])
def test_most_chunks_stay_when_one_document_in_a_hundred_changes(
    real: Callable[[str], Path], tmp_path: Path, shard_size: int, least: float
) -> None:
    """In shards of the default size; each shard has a footer and cuts of its own, so that small ones keep less."""
    rows = law(real)
    (tmp_path / "first").mkdir()
    first = shards(tmp_path / "first", rows, shard_size)
    kept = []
    for seed in (5, 6, 7):
        folder = tmp_path / f"release{seed}"
        folder.mkdir()
        second = shards(folder, changed(rows, seed), shard_size)
        begin = stored(folder / "cas", first)
        again = stored(folder / "cas", second)
        assert begin.total_bytes > 10_000_000 and begin.deduped_bytes < begin.total_bytes / 100
        kept.append(again.deduped_bytes / again.total_bytes)
    assert sum(kept) / len(kept) >= least, kept
    print(kept)


def test_publishing_through_xet_storage(
    hub: Hub, artefact: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client sends data by its xet protocol, into a folder; commits name what arrived by SHA-256."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", False)
    hub.cas = str(tmp_path / "cas")
    Path(hub.cas).mkdir()
    folder = artefact()
    publish(folder, "owner/set")
    found = manifest.read(folder)
    assert found is not None
    repo = hub.repos["datasets/owner/set"]
    tree = repo.commits[repo.branches["main"]]
    large = [entry["lfs"]["oid"] for path, entry in sorted(tree.items()) if path.startswith("data/")]
    assert large == [entry["sha256"] for entry in found["outputs"]["data"]]
    assert hub.saw("^PUT") == [] and len(hub.saw("xet-write-token")) >= 1
    assert publish(folder, "owner/set")["commit"] is None
    told = publish(artefact(records(100, changed=(40,))), "owner/set")
    assert told["commit"] and len(repo.history()) == 3
