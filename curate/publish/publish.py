"""`curate publish`: gates, then the files of a release, then the way to its target."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from curate import manifest, storage
from curate.errors import ConfigError
from curate.publish import folder as folders
from curate.publish import hub
from curate.publish.card import card, overridden
from curate.publish.croissant import croissant
from curate.publish.files import Changes, File, size
from curate.publish.gates import judge, terms
from curate.publish.made_from import licensed
from curate.publish.origins import trace
from curate.publish.public import public, walk
from curate.publish.release import Release
from curate.publish.splits import splits
from curate.publish.statistics import statistics

Say = Callable[[str], None]

#: Files of a model that are no large ones: the Hub keeps them in git.
_TEXTS = (".json", ".txt", ".md", ".jinja", ".yaml", ".py")
#: What the card of a model shows.
_PICTURES = ("loss.svg",)


def publish(
    run: str,
    target: str,
    *,
    stage: str | None = None,
    dry_run: bool = False,
    private: bool = False,
    revision: str = "main",
    license: str | None = None,
    overrides: Mapping[str, str] | None = None,
    tag: bool = True,
    say: Say = lambda text: None,
) -> dict[str, Any]:
    """Publish an artefact to a repository on the Hub, or to a folder or fsspec address.

    Returns:
        what was done: commit and tag (on the Hub), files sent, the same and deleted; of a dry run, all files with
        sizes and what would happen to each, and the card.

    Raises:
        ConfigError: there is no such artefact or target, or an override that is none.
        GateError: a gate said no and is not overridden.
        RunError: the target refused, or did not answer for long.
    """
    place, found = manifest.find(run, stage)
    to_folder = folders.is_folder(target)
    kind = "model" if found["kind"] == "train" else "dataset"
    there = hub.Target(target, kind, revision, private)
    if not to_folder:
        hub.checked(there)
    elif private or revision != "main":
        raise ConfigError("--private and --revision are for repositories on the Hub")
    with tempfile.TemporaryDirectory(prefix="curate-publish-") as work:
        make = _model if kind == "model" else _dataset
        release, files = make(place, found, target, license, overrides or {}, Path(work))
        if dry_run:
            wanted = folders.preview(target, files) if to_folder else hub.preview(there, files, say)
            return _listed(target, files, wanted)
        if to_folder:
            return folders.send(target, files, say) | {"release": release.name}
        message = f"Release {release.name} of {release.title}"
        branch = f"curate-{found['fingerprint'][:12]}"
        return hub.send(there, files, message, branch, release.name if tag else None, say) | {
            "release": release.name
        }


def _dataset(
    place: str,
    found: dict[str, Any],
    target: str,
    license: str | None,
    overrides: Mapping[str, str],
    work: Path,
) -> tuple[Release, list[File]]:
    """A corpus: shards by split, card, Croissant, and an account in `curate/`."""
    if not found["outputs"]["data"]:
        raise ConfigError(f"{place} holds no documents: there is nothing to publish")
    stage = trace(place, found)
    counted = statistics(manifest.files(place, found), found["columns"], stage.licences)
    if "meta_documents" in found["columns"]:
        licensed(counted, place, found, stage.licences)
    under = terms(counted.licences, license)
    refusals = judge(stage, under, overrides)
    parts = splits(place, found, work)
    with storage.open_file(manifest.files(place, found)[0]) as handle:
        schema = pq.read_schema(handle)
    release = Release(place, stage, under, refusals, parts, schema, counted)
    data = [file for part in parts for file in part.files]
    about = _about(release, data)
    page = None if folders.is_folder(target) else _page(target)
    readme = File.of("README.md", card(release, target))
    return release, [*data, *about, File.of("croissant.json", croissant(release, page)), readme]


def _page(repo: str) -> str:
    from huggingface_hub import constants

    return f"{constants.ENDPOINT}/datasets/{repo}"


def _model(
    place: str,
    found: dict[str, Any],
    target: str,
    license: str | None,
    overrides: Mapping[str, str],
    work: Path,
) -> tuple[Release, list[File]]:
    """A model: the files of `model/` at the top of the repository, those of `adapter/`, and its card.

    Training answers for what it learned from: of the gates, those on verdicts, stages behind and private data hold.
    """
    entries = found["outputs"].get("model", [])
    text = manifest.read_text(f"{place}/README.md")
    if not entries or text is None:
        raise ConfigError(f"{place} has no {'files in model/' if text else 'README.md'}: training writes it")
    stage = trace(place, found)
    under = terms({}, license)
    release = Release(place, stage, under, judge(stage, under, overrides))
    weights = [_weight(f"{place}/model", entry, "") for entry in entries if entry["path"] != "README.md"]
    weights += [
        _weight(f"{place}/adapter", entry, "adapter/") for entry in found["outputs"].get("adapter", [])
    ]
    pictures = [_small(f"{place}/{name}", name) for name in _PICTURES if storage.exists(f"{place}/{name}")]
    note = overridden(release)
    readme = File.of("README.md", text.rstrip() + f"\n\n{note}\n" if note else text)
    return release, [*weights, *pictures, *_about(release, weights), readme]


def _weight(folder: str, entry: Mapping[str, Any], within: str) -> File:
    path, bulk = entry["path"], not entry["path"].endswith(_TEXTS)
    return File(within + path, entry["bytes"], entry["sha256"], f"{folder}/{path}", bulk=bulk)


def _small(address: str, path: str) -> File:
    with storage.open_file(address) as handle:
        return File.of(path, handle.read())


def _about(release: Release, data: list[File]) -> list[File]:
    """The folder `curate/`: the manifest as it may be public, the pipeline file, the report."""
    told = public(release.manifest)
    told["published"] = {
        "files": [{"path": file.path, "bytes": file.size, "sha256": file.sha256} for file in data],
        "license": release.terms.declared,
        "overrides": [
            {"name": r.name, "refused": release.hide(r.message), "reason": r.reason}
            for r in release.overridden
        ],
    }
    out = [
        File.of("curate/manifest.json", json.dumps(told, indent=1, ensure_ascii=False) + "\n"),
        File.of("curate/pipeline.yaml", release.manifest.get("pipeline_file", "")),
    ]
    return out + _report(release)


def _report(release: Release) -> list[File]:
    """The report of an artefact that has one: its numbers, no document of it, and nothing that `public` leaves out."""
    from curate.report.gather import gather
    from curate.report.page import page

    if not storage.exists(f"{release.folder}/report.html"):
        return []
    told = gather(release.folder, release.manifest, texts=False)
    told["failed"]["rows"] = []
    told["environment"] = told["environment"] | {"system": ""}
    told = walk(told, release.hide)
    numbers = json.dumps(told, indent=1, ensure_ascii=False) + "\n"
    return [File.of("curate/report.html", page(told)), File.of("curate/report.json", numbers)]


def _listed(target: str, files: list[File], wanted: Changes) -> dict[str, Any]:
    new = {file.path for file in wanted.send}
    rows = [
        {"path": file.path, "bytes": file.size, "action": "upload" if file.path in new else "same"}
        for file in files
    ]
    rows += [{"path": path, "bytes": 0, "action": "delete"} for path in wanted.delete]
    readme = next(file for file in files if file.path == "README.md")
    assert isinstance(readme.source, bytes)
    return {
        "target": target,
        "dry_run": True,
        "files": rows,
        "bytes": wanted.bytes,
        "card": readme.source.decode(),
    }


def dry_run_text(told: dict[str, Any]) -> str:
    """A dry run for people: the files, then the card."""
    lines = [f"{row['action']:7} {size(row['bytes']):>12}  {row['path']}" for row in told["files"]]
    counts = ", ".join(
        f"{sum(row['action'] == what for row in told['files'])} to {what}" if what != "same"
        else f"{sum(row['action'] == what for row in told['files'])} the same"
        for what in ("upload", "same", "delete")
    )  # fmt: skip
    return "\n".join(
        [*lines, "", f"{told['target']}: {counts}; {size(told['bytes'])} to send", "", told["card"]]
    )
