"""Publishing to the Hub through the unmodified client: complete, interrupted, refused for a while, again, unchanged."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from hub_server import Hub

from curate import manifest
from curate.publish.publish import publish


def test_a_release_is_one_commit_with_card_data_and_tag(hub: Hub, artefact: Callable[..., str]) -> None:
    folder = artefact()
    told = publish(folder, "owner/set")
    files = hub.files("owner/set")
    found = manifest.read(folder)
    assert found is not None
    data = sorted(path for path in files if path.startswith("data/"))
    assert len(data) == len(found["outputs"]["data"]) > 3
    assert data[0] == f"data/train-00000-of-{len(data):05d}.parquet"
    assert [files[path] for path in data] == [Path(f).read_bytes() for f in manifest.files(folder, found)]
    assert {"README.md", "croissant.json", "curate/manifest.json", "curate/pipeline.yaml"} <= set(files)
    repo = hub.repos["datasets/owner/set"]
    assert repo.history() == [f"Release {told['release']} of test / corpus", "initial commit"]
    assert repo.tags == {told["release"]: repo.branches["main"]}
    assert set(repo.branches) == {"main"}
