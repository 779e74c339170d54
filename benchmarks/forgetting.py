"""Gain and forgetting of continued pretraining on real text: `python -m benchmarks.forgetting [DATA]`, and with
`--tables` alone the tables and the plot from the figures that are there.

A foundation on general English, continued on legal text with a replay share of 0, 5, 25 and 50%, all weights or LoRA,
and a control that goes on with general text for as many tokens; three seeds each. Figures go to
benchmarks/results/forgetting.json, the plot to docs/forgetting.svg, tables to docs/forgetting.md. Every model is a
stage of a pipeline: an interrupted run goes on where it was. About 7 million tokens through 1.1M parameters.
"""

from __future__ import annotations

import json
import statistics
import sys
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import yaml

import curate
from benchmarks.forgetting_plot import plot
from benchmarks.tables import put, table
from train.evaluate.intervals import Measured, change, measured

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "runs" / "forgetting"
PAGE = ROOT / "docs" / "forgetting.md"
RESULTS = ROOT / "benchmarks" / "results" / "forgetting.json"
SEEDS = (1, 2, 3)
FOUNDATION, CONTINUED = 800_000, 240_000
#: Name of a run: share of replay, adapter, learning rate.
RUNS: dict[str, tuple[float, str, float]] = {
    "replay 0%": (0.0, "full", 1e-3),
    "replay 5%": (0.05, "full", 1e-3),
    "replay 25%": (0.25, "full", 1e-3),
    "replay 50%": (0.5, "full", 1e-3),
    "LoRA 16": (0.0, "lora", 5e-3),
    "control": (1.0, "full", 1e-3),
}


def corpora(data: str) -> dict[str, Any]:
    """Stages that make the two corpora; held-out documents share no near-duplicate with those trained on."""
    general = {
        "c4": "c4_demo.jsonl",
        "bbc": "bbc_news_txt.tar.gz",
        "sociology": "openstax_sociology.jsonl.gz",
        "addresses": "state_union.zip",
        "novels": "gutenberg_books.tar.gz",
    }
    legal = {
        "contracts": "contracts_edgar.jsonl.gz",
        "opinions": "us_federal_appellate_opinions.jsonl.gz",
        "acts": "ie_acts_md.jsonl.gz",
    }
    steps = [
        "normalise",
        {"language": {"keep": ["en"]}},
        "exact_duplicates",
        {"near_duplicates": {"threshold": 0.8, "keep": "longest"}},
        {"split": {"fractions": {"train": 0.9, "validation": 0.1}}},
    ]
    return {
        name: {
            "kind": "curate",
            "sources": [
                {
                    "name": n,
                    "path": f"{data}/{name}/{file}",
                    "license": "see the data's README",
                    "max_failed": 0.1,
                }
                for n, file in files.items()
            ],
            "steps": steps,
        }
        for name, files in (("general", general), ("legal", legal))
    }


def models(seed: int, made: dict[str, str]) -> dict[str, Any]:
    """Stages of one seed: the foundation, and every run that goes on from it."""
    how = {"split": "validation", "window": 256}
    suite = {
        "general": [{"bits": {"from": made["general"], "name": "english", "limit": 40} | how}],
        "domain": [{"bits": {"from": made["legal"], "name": "law", "limit": 24} | how}],
    }
    common = {"kind": "train", "sequence_length": 256, "batch_size": 16, "evaluate": suite, "gate": False}
    english = {"from": made["general"], "name": "english", "split": "train"}
    law = {"from": made["legal"], "name": "law", "split": "train"}
    stages: dict[str, Any] = {
        "foundation": common
        | {
            "objective": "pretrain",
            "model": {"preset": "tiny", "vocabulary": 2048, "context": 512},
            "data": [english],
            "tokens": FOUNDATION,
            "learning_rate": 3e-3,
            "schedule": {"name": "cosine", "warmup": 0.05},
        }
    }
    for name, (replay, adapter, rate) in RUNS.items():
        shares = [(english, replay), (law, 1 - replay)]
        stages[name.lower().replace(" ", "_").replace("%", "")] = common | {
            "objective": "continue",
            "model": "foundation",
            "data": [entry | {"share": share} for entry, share in shares if share],
            "tokens": CONTINUED,
            "learning_rate": rate,
            "adapter": adapter,
        }
    return stages


def build(name: str, seed: int, stages: dict[str, Any]) -> dict[str, str]:
    """Artefacts by stage."""
    OUT.mkdir(parents=True, exist_ok=True)
    file = OUT / f"{name}.yaml"
    file.write_text(yaml.safe_dump({"name": name, "seed": seed, "stages": stages}, sort_keys=False))
    made = curate.run(str(file), out=str(OUT / name), quiet=False, say=print)["stages"]
    if faults := [f"{stage}: {fault}" for stage, told in made.items() for fault in told["faults"]]:
        raise SystemExit("\n".join(faults))
    return {stage: told["path"] for stage, told in made.items()}


def items(path: str, name: str) -> pl.DataFrame:
    return pl.read_parquet(f"{path}/evidence/scores/{name}.parquet")


def pooled(paths: list[str], name: str) -> Measured:
    """Documents' bits per byte, averaged over seeds: what differs between documents and what between runs."""
    frame = pl.concat([items(path, name) for path in paths]).group_by("item", maintain_order=True)
    mean = frame.agg(pl.col("value").mean(), pl.col("weight").first(), pl.col("detail").first())
    return measured(name, "general", "bits per byte", "lower", mean.rows())


def figures(made: dict[int, dict[str, str]]) -> dict[str, Any]:
    """Of every run and measure: the mean, the change since the foundation with its interval, each seed's change."""
    out: dict[str, Any] = {}
    for name in RUNS:
        key = name.lower().replace(" ", "_").replace("%", "")
        out[name] = {}
        for side, file in (("law", "domain-law"), ("english", "general-english")):
            before = pooled([made[seed]["foundation"] for seed in SEEDS], file)
            after = pooled([made[seed][key] for seed in SEEDS], file)
            told = vars(change(before, after, 7))
            seeds = [
                mean(items(made[s][key], file)) - mean(items(made[s]["foundation"], file)) for s in SEEDS
            ]
            out[name][side] = {
                "value": mean(after.items),
                **{f"change_{k}": v for k, v in told.items()},
                "seeds": seeds,
            }
    return out


def mean(frame: pl.DataFrame) -> float:
    value, weight = frame["value"].to_numpy(), frame["weight"].to_numpy()
    return float(np.average(value, weights=weight))


def tables(found: dict[str, Any]) -> None:
    """The page's table and plot."""
    rows = []
    for name, sides in found["runs"].items():
        cells = []
        for side in ("law", "english"):
            told = sides[side]
            spread = statistics.stdev(told["seeds"])
            low, high = f"{told['change_low']:+.3f}", f"{told['change_high']:+.3f}"
            cells += [
                f"{told['value']:.3f}",
                f"{told['change_value']:+.3f} ({low} to {high})",
                f"{spread:.3f}",
            ]
        rows.append([name, *cells])
    head = ["run", "law", "change (95%)", "sd of seeds", "English", "change (95%)", "sd of seeds"]
    put(PAGE, "runs", table(head, rows))
    (ROOT / "docs" / "forgetting.svg").write_text(plot(found["runs"]))


def main() -> None:
    """Build what is missing, then write figures, table and plot."""
    arguments = [a for a in sys.argv[1:] if not a.startswith("--")]
    if "--tables" not in sys.argv:
        data = str(Path(arguments[0] if arguments else "../shared/data").resolve())
        texts = build("corpora", 7, corpora(data))
        made = {seed: build(f"seed{seed}", seed, models(seed, texts)) for seed in SEEDS}
        about = {"foundation_tokens": FOUNDATION, "continued_tokens": CONTINUED, "seeds": list(SEEDS)}
        RESULTS.write_text(json.dumps(about | {"runs": figures(made)}, indent=1) + "\n")
    tables(json.loads(RESULTS.read_text()))


if __name__ == "__main__":
    main()
