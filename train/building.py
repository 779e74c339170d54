"""Building a train stage: the model, its scores beside those of the stage before, the files, and the manifest last."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Any

from pydantic_core import to_jsonable_python

from curate import manifest, storage
from curate.fingerprint import digest
from curate.manifests import head
from curate.shards import copied
from train.audit import canaries
from train.config import Preset
from train.data.documents import Source, documents
from train.fit import read_log
from train.rows import CANARIES, entries
from train.worker import trained


def build(pipeline: Any, made: Any, work: Path, quiet: bool) -> None:
    """Train, measure, compare with the stage before, write the files and commit the manifest."""
    began = time.time()
    folder = work / "stages" / made.stage.name / made.fingerprint[:16]
    facts = trained(made, folder, quiet=quiet)
    kept = work.parent / "scores"
    told = measured(made, str(folder / "model"), made.fingerprint, folder, kept, quiet)
    outputs = _files(made, folder)
    found = _compose(pipeline, made, facts, told, outputs, began) | _control(made)
    _card(made.folder, found)
    manifest.write(made.folder, found)
    shutil.rmtree(folder.parent, ignore_errors=True)


def measured(
    made: Any, model: str, fingerprint: str, folder: Path, kept: Path, quiet: bool
) -> dict[str, Any]:
    """Scores of the model, changes since the stage before and against the control, where a suite asks for any."""
    from train.evaluate.run import evaluated, scores, write

    stage = made.stage
    if stage.suite.skip is not None:
        return {"scores": {}, "scored_against": None}
    before, control = _before(made), stage.config.control and made.address(stage.config.control)
    addresses = [(model, fingerprint)] + [(a, identity(a)) for a in (before, control) if a]
    planted = canaries.load(folder / CANARIES) if (folder / CANARIES).exists() else []
    how: dict[str, Any] = {"kept": kept, "seed": stage.seed, "quiet": quiet, "canaries": planted}
    results = [evaluated(address, own, stage.suite, made.address, **how) for address, own in addresses]
    rest = results[1:]
    earlier = rest.pop(0) if before else None
    other = rest.pop(0) if control else None
    write(results[0], folder / "evidence" / "scores")
    against = {"address": before, "fingerprint": identity(before)} if before else None
    return {"scores": scores(results[0], earlier, other, seed=stage.seed), "scored_against": against}


def _control(made: Any) -> dict[str, Any]:
    """The model that more training of the same kind made, and the tokens that it took; nothing where none is named."""
    if (name := made.stage.config.control) is None:
        return {}
    address = made.address(name)
    there = None if address.startswith("hf://") else manifest.read(address)
    return {"control": {"name": name, "tokens": ((there or {}).get("training") or {}).get("tokens")}}


def _before(made: Any) -> str | None:
    """The model that this one is compared with: what it started from."""
    start = made.stage.config.model
    if isinstance(start, Preset):
        return None
    return made.address(start[0] if isinstance(start, list) else start)


def identity(address: str) -> str:
    """What names a model: its artefact's fingerprint, its name on the Hub, or the stamps of its files."""
    from train.models import path_of

    found = None if address.startswith("hf://") else manifest.read(address)
    if found:
        return str(found["fingerprint"])
    name, revision = path_of(address)
    if address.startswith("hf://"):
        return digest([name, revision])
    return digest([[f.name, f.size, f.stamp] for f in storage.listing([name])])


def _files(made: Any, folder: Path) -> dict[str, Any]:
    """The artefact's files, put in place; what the manifest lists of them."""
    listed: dict[str, Any] = {}
    for part, name in (
        ("log", "log.jsonl"),
        ("private", CANARIES),
        ("model", ""),
        ("adapter", ""),
        ("evidence", ""),
    ):
        at = folder if name else folder / part
        found = [folder / name] if name else sorted(p for p in at.rglob("*") if p.is_file())
        to = made.folder if part == "log" else f"{made.folder}/{part}"
        entries = [copied(path, to, path.relative_to(at).as_posix()) for path in found if path.exists()]
        if entries:
            listed[part] = entries
    if evidence := listed.get("evidence"):  # tables by name, as other kinds have them
        listed["evidence"] = {"scores": [e | {"path": e["path"].removeprefix("scores/")} for e in evidence]}
    return listed


def _compose(
    pipeline: Any,
    made: Any,
    facts: dict[str, Any],
    told: dict[str, Any],
    outputs: dict[str, Any],
    began: float,
) -> dict[str, Any]:
    config, learnt = made.stage.config, facts["learnt"]
    speeds = [
        line["tokens_per_second"] for line in read_log_of(made.folder, outputs) if "tokens_per_second" in line
    ]
    return {
        **head(pipeline, made, began),
        "totals": {"bytes": sum(entry["bytes"] for entry in outputs.get("model", []))},
        "model": {
            "parameters": facts["parameters"],
            "trained_parameters": facts["trained_parameters"],
            "architecture": facts["architecture"],
            "size": config.model.preset if isinstance(config.model, Preset) else None,
            "adapter": config.adapter.model_dump(),
            "start": start_of(made),
        },
        "training": {
            "objective": {made.stage.objective.name: parameters_of(made.stage, facts)},
            "tokens": learnt.get("tokens"),
            "rows": learnt.get("rows"),
            "steps": facts["steps"],
            "by_source": learnt.get("by", {}),
            "epochs": learnt.get("epochs", {}),
            "settings": facts["settings"],
            "seconds": facts["seconds"],
            "resumed": facts.get("resumed", False),
            "tokens_per_second": round(sorted(speeds)[len(speeds) // 2], 1) if speeds else None,
            "notes": {k: v for k, v in facts.get("notes", {}).items() if k != "objective"},
        },
        "data": {entry.name or entry.from_: data_of(made, entry) for entry in entries(config)},
        **told,
        "gate": config.gate.model_dump(),
        "outputs": outputs,
        "variables": pipeline.variables,
        "pipeline_file": manifest.read_text(pipeline.file) or "",
    }


def parameters_of(stage: Any, facts: dict[str, Any]) -> dict[str, Any]:
    """What the objective's parameters were: as given, by default, or as the objective settled those left open
    (`Job.notes`, "objective"). One that stayed open had no part."""
    settled = (facts.get("notes") or {}).get("objective") or {}
    every = stage.objective.signature.filled(stage.params) | settled
    used = {name: value for name, value in every.items() if value is not None}
    return dict(to_jsonable_python(used, fallback=str))


def read_log_of(folder: str, outputs: dict[str, Any]) -> list[dict[str, Any]]:
    """Lines of an artefact's log.jsonl; none where it has none (a merge learns nothing)."""
    return read_log(Path(folder) / "log.jsonl") if outputs.get("log") and storage.is_local(folder) else []


def start_of(made: Any) -> list[dict[str, Any]]:
    """What the model began from: presets, stages, folders or models of the Hub."""
    start = made.stage.config.model
    if isinstance(start, Preset):
        return [start.model_dump(exclude_none=True)]
    names = start if isinstance(start, list) else [start]
    return [_link(made, name) for name in names]


def _link(made: Any, name: str) -> dict[str, Any]:
    at = made.address(name)
    return {"stage" if name in made.folders else "address": name, "at": at, "fingerprint": identity(at)}


def data_of(made: Any, entry: Any) -> dict[str, Any]:
    """A source of the mixture: where it is, what names its content, under which licences."""
    source: Source = documents(made.address(entry.from_), split=entry.split, columns=entry.columns)
    told = {"from": entry.from_, "share": entry.share, "split": entry.split, "files": len(source.files)}
    up = {"stage": entry.from_, "at": made.address(entry.from_)} if entry.from_ in made.folders else {}
    licenses = source.licenses or ([entry.license] if entry.license else [])
    print_ = str(source.artefact["fingerprint"]) if source.artefact else source.fingerprint
    return told | up | {"fingerprint": print_, "licenses": licenses}


def _card(folder: str, found: dict[str, Any]) -> None:
    from train.card import write

    write(found, folder)
