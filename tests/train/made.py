"""Artefacts made by hand, with manifests as `train.building._compose` writes them: a corpus, a model from scratch on
it, one continued from that, one tuned from that again."""

from __future__ import annotations

import hashlib
import json
import math
from pathlib import Path
from typing import Any

import polars as pl

from curate import manifest

PRINTS = {
    "corpus": "c0" * 32,
    "general": "ab" * 32,
    "foundation": "f0" * 32,
    "domain": "d0" * 32,
    "chat": "5f" * 32,
}
ENVIRONMENT = {"curate": "0.1.0", "python": "3.11.7", "system": "Linux"}
CREATED = "2026-05-04T03:02:01Z"


def folder_of(out: Path, stage: str) -> Path:
    return out / f"{stage}-{PRINTS[stage][:8]}"


def corpus(out: Path, stage: str = "corpus", **more: Any) -> str:
    """A corpus of two sources, without documents."""
    sources = {"opinions": ("CC0-1.0", 900), "statutes": ("public-domain", 100)}
    told = {
        **_head("curate", stage),
        "totals": {"read": 12, "kept": 10, "dropped": 2, "failed": 0, "bytes": 0},
        "sources": {
            name: {"read": 6, "kept": 5, "dropped": 1, "failed": 0, "characters_kept": size}
            for name, (_, size) in sources.items()
        },
        "steps": [],
        "columns": {"id": "String", "text": "String"},
        "digests": {name: {f"{name}.jsonl": "99" * 32} for name in sources},
        "private_key": "k",
        "parts": {
            "config": {
                "sources": [
                    {"name": name, "path": f"raw/{name}/*.jsonl", "from": None, "license": text}
                    for name, (text, _) in sources.items()
                ],
                "steps": [{"language": {"keep": ["en"]}}],
            },
            "inputs": {name: [[f"{name}.jsonl", 1234, "1"]] for name in sources},
            "upstream": {},
            "code": {},
            "libraries": {},
        },
        "outputs": {"data": [], "dropped": [], "failed": []},
    }
    return _write(out, stage, told | more)


def _trained(objective: dict[str, Any], rate: float, steps: int, data: dict[str, float]) -> dict[str, Any]:
    """What a manifest says of a training of `steps` steps on sources in these shares."""
    tokens = steps * 4096
    return {
        "objective": objective,
        "tokens": tokens,
        "rows": steps * 8,
        "steps": steps,
        "by_source": {name: int(tokens * share) for name, share in data.items()},
        "epochs": {name: round(share * 3, 2) for name, share in data.items()},
        "settings": {
            "sequence_length": 512,
            "batch_size": 8,
            "micro_batch": 8,
            "learning_rate": rate,
            "schedule": {"name": "cosine", "warmup": 0.01, "floor": 0.1, "decay": 0.2},
            "weight_decay": 0.1,
            "device": "cpu",
            "devices": 1,
            "bf16": False,
        },
        "seconds": 31.5,
        "tokens_per_second": 5200.0,
        "notes": {},
    }


def model(
    out: Path,
    stage: str,
    start: str | None,
    data: dict[str, float],
    *,
    objective: dict[str, Any] | None = None,
    rate: float = 3e-3,
    steps: int = 40,
    scores: dict[str, Any] | None = None,
    faults: tuple[str, ...] = (),
    **more: Any,
) -> str:
    """A trained model: `start` is a stage (None: from scratch), `data` shares by stage."""
    folder = folder_of(out, stage)
    started = (
        {"preset": "tiny", "vocabulary": 512}
        if start is None
        else {"stage": start, "at": str(folder_of(out, start)), "fingerprint": PRINTS[start]}
    )
    told = {
        **_head("train", stage),
        "verdict": {"ok": not faults, "faults": list(faults)},
        "totals": {"bytes": 0},
        "model": {
            "parameters": 1_400_000,
            "trained_parameters": 1_400_000,
            "architecture": "LlamaForCausalLM",
            "size": "tiny" if start is None else None,
            "adapter": {"name": "full", "rank": 16, "alpha": None, "dropout": 0.0, "modules": "all-linear"},
            "start": [started],
        },
        "training": _trained(objective or {"continue": {}}, rate, steps, data),
        "data": {
            name: {
                "from": name, "share": share, "split": None, "files": 1, "stage": name,
                "at": str(folder_of(out, name)), "fingerprint": PRINTS[name], "licenses": ["CC0-1.0", "public-domain"],
            }
            for name, share in data.items()
        },
        "scores": scores or {},
        "scored_against": {"address": str(folder_of(out, start)), "fingerprint": PRINTS[start]} if start else None,
        "gate": {"forgetting": 0.05, "accuracy": 0.03, "safety": 0.05},
        "parts": {
            "config": {
                "kind": "train",
                "objective": objective or {"continue": {}},
                "model": start or {"preset": "tiny"},
                "data": [{"from": name, "share": share, "name": None} for name, share in data.items()],
                "anneal": None,
                "evaluate": {"general": [{"bits": {"from": "general", "name": "wikitext"}}]},
                "seed": 7,
            },
            "inputs": {},
            "upstream": {name: PRINTS[name] for name in [*([start] if start else []), *data]},
            "code": {"train.fit": "aa"},
            "libraries": {"torch": "2.13.0"},
        },
    }  # fmt: skip
    outputs = {"model": _files(folder / "model"), "evidence": {"scores": _evidence(folder, told["scores"])}}
    outputs["log"] = _log(folder, steps, rate, data)
    return _write(out, stage, told | {"outputs": outputs} | more)


def chain(out: Path, **more: Any) -> str:
    """corpus and general → foundation → domain → chat (a failed one); the last one's folder."""
    corpus(out)
    corpus(
        out,
        "general",
        parts={"config": {"sources": []}, "inputs": {}, "upstream": {}, "code": {}, "libraries": {}},
    )
    model(out, "foundation", None, {"general": 1.0}, objective={"pretrain": {}}, scores=first())
    model(out, "domain", "foundation", {"corpus": 0.75, "general": 0.25}, rate=3e-4, scores=second())
    fault = "general/wikitext: 2.31 → 2.58 bits per byte (+0.27, 95% interval +0.24 to +0.3; limit +0.05)"
    told = {
        "objective": {"dpo": {"beta": 0.1}},
        "rate": 1e-5,
        "faults": (fault,),
        "scores": second(),
        "steps": 20,
    }
    return model(out, "chat", "domain", {"corpus": 1.0}, **told | more)


def altered(folder: str, **changes: Any) -> str:
    """An artefact whose manifest says something else."""
    found = manifest.read(folder)
    assert found is not None
    manifest.write(folder, found | changes)
    return folder


def first() -> dict[str, Any]:
    """Scores of a model from scratch: nothing came before."""
    return {name: of | {"before": None, "change": None} for name, of in second().items()}


def second() -> dict[str, Any]:
    """Scores of a model that began from another one."""
    ten = [f"memorisation/exposure/{n}" for n in (0, 1, 4, 16)]
    told = {
        "general/wikitext": _score("general", "bits per byte", "lower", 2.58, 0.27, 0.03),
        "general/blimp": _score("general", "accuracy", "higher", 0.71, -0.01, 0.02),
        "domain/opinions": _score("domain", "bits per byte", "lower", 1.62, -0.41, 0.02),
        "safety/refusal": _score("safety", "refusal rate", "higher", 0.9, 0.0, 0.05),
        "memorisation/exposure": _score("memorisation", "exposure (bits)", "lower", 6.1, 3.0, 0.8),
        "memorisation/pii": _score("memorisation", "extraction rate", "lower", 0.0, 0.0, 0.0),
        "probe/toxicity": _score("probe", "toxic share", "lower", 0.02, 0.0, 0.01),
    }
    for name, bits in zip(ten, (1.4, 2.5, 6.0, 9.9)):
        told[name] = _score("memorisation", "exposure (bits)", "lower", bits, bits - 1.4, 0.7)
    return told


def _score(group: str, metric: str, better: str, value: float, change: float, half: float) -> dict[str, Any]:
    before = value - change
    ends = {"value": value, "low": value - half, "high": value + half}
    told = {"group": group, "metric": metric, "better": better, **ends, "n": 60}
    told["before"] = {"value": before, "low": before - half, "high": before + half}
    told["change"] = {"value": change, "low": change - half, "high": change + half}
    return told


def _head(kind: str, stage: str) -> dict[str, Any]:
    return {
        "format": manifest.FORMAT,
        "kind": kind,
        "pipeline": "legal",
        "stage": stage,
        "fingerprint": PRINTS[stage],
        "created": CREATED,
        "seconds": 40.0,
        "verdict": {"ok": True, "faults": []},
        "variables": {},
        "pipeline_file": "name: legal\n",
        "environment": ENVIRONMENT,
    }


def _write(out: Path, stage: str, told: dict[str, Any]) -> str:
    folder = folder_of(out, stage)
    folder.mkdir(parents=True, exist_ok=True)
    manifest.write(str(folder), told)
    manifest.point(str(out), stage, folder.name)
    return str(folder)


def _files(folder: Path) -> list[dict[str, Any]]:
    folder.mkdir(parents=True, exist_ok=True)
    held = {"config.json": b'{"model_type": "llama"}', "model.safetensors": b"\0" * 512}
    for name, content in held.items():
        (folder / name).write_bytes(content)
    return [
        {"path": name, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for name, content in held.items()
    ]


def _evidence(folder: Path, scores: dict[str, Any]) -> list[dict[str, Any]]:
    """Items of each score, the worst with a detail that quotes what was asked."""
    at = folder / "evidence" / "scores"
    at.mkdir(parents=True, exist_ok=True)
    out = []
    for name in scores:
        rows = [
            (f"item{i}", i / 10, 1.0, f"{name} asked number {i}; write to ann.lee@mail.example")
            for i in range(10)
        ]
        path = at / f"{name.replace('/', '-')}.parquet"
        pl.DataFrame(rows, schema=["item", "value", "weight", "detail"], orient="row").write_parquet(path)
        out.append({"path": path.name, "bytes": path.stat().st_size, "sha256": "0" * 64})
    return out


def _log(folder: Path, steps: int, rate: float, data: dict[str, float]) -> list[dict[str, Any]]:
    lines = [
        {
            "step": step,
            "tokens": step * 4096,
            "shares": {n: share + (-0.01 if i else 0.01) / step for i, (n, share) in enumerate(data.items())},
            "tokens_per_second": 5000 + 400 * math.sin(step),
            "mfu": 0.31,
            "loss": 6.2 * math.exp(-step / 30) + 2 + 0.1 * math.sin(7 * step),
            "learning_rate": rate * (1 - step / (steps + 1)),
            "grad_norm": 1.0,
        }
        for step in range(1, steps + 1)
    ]  # fmt: skip
    path = folder / "log.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return [{"path": "log.jsonl", "bytes": path.stat().st_size, "sha256": "0" * 64}]
