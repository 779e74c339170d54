"""TRL's trainers take every format as it is written, provenance and all: one step each with a tiny model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from helpers import build, write_jsonl, write_pipeline
from tiny_model import needs, tiny

from synth import formats
from synth.samples import Message, Passage, Sample
from synth.task import Format

TEXT = """SERVICE AGREEMENT

1. Definitions

1.1 "Fee" means the sum of ${n}0,000 that the Client pays to the Supplier under Section {n}.

2. Duties

2.1 The Supplier shall deliver the goods within {n} days after each order, unless the Client has not paid the Fee.

2.2 This Agreement is governed by the laws of the State of {state}.
"""
STATES = ["Ohio", "Texas", "Maine", "Oregon"]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    needs("torch", "transformers", "trl")
    return tiny(tmp_path_factory.mktemp("model") / "tiny")


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Shards of each format: what the embedded generator makes, and by hand what it does not."""
    folder = tmp_path_factory.mktemp("formats")
    records = [
        {
            "title": f"Service Agreement {i}",
            "text": TEXT.replace("{n}", str(20 + i)).replace("{state}", STATES[i % 4]),
        }
        for i in range(12)
    ]
    write_jsonl(folder / "a.jsonl", records)
    plain: dict[str, Any] = {"kind": "synth", "from": "corpus", "filters": ["schema"], "gates": False}
    stages: dict[str, Any] = {"corpus": {"sources": [{"name": "a", "path": str(folder / "a.jsonl")}]}}
    for format_, task in (("messages", "mined"), ("prompt_completion", "mined"), ("preference", "corrupted")):
        stages[format_] = plain | {"tasks": [{task: {"count": 12}}], "output": {"format": format_}}
    pipeline = write_pipeline(folder / "p.yaml", stages)
    out = {name: build(pipeline, folder / "out", stage=name)["path"] for name in list(stages)[1:]}
    return {name: f"{path}/data/00000.parquet" for name, path in out.items()} | by_hand(folder)


def by_hand(folder: Path) -> dict[str, str]:
    """Rows of the formats that only tasks with a model make."""
    document = Passage("d", 0, 4, "text", "s")
    asked = (Message("user", "What is due?"),)
    samples: dict[Format, list[Sample]] = {
        "text": [
            Sample("t", "k", text=f"The Supplier shall deliver the goods of order {i}.") for i in range(8)
        ],
        "unpaired": [Sample("t", "k", asked, f"The goods of order {i}.", label=i % 2 == 0) for i in range(8)],
    }
    out = {}
    for format_, made in samples.items():
        rows = [formats.row(f"t/{i}", "t", sample, format_, document, 0) for i, sample in enumerate(made)]
        out[str(format_)] = str(folder / f"{format_}.parquet")
        pl.DataFrame(rows, schema=formats.columns(format_)).write_parquet(out[str(format_)])
    return out


@pytest.mark.slow
@pytest.mark.parametrize("name", ["messages", "prompt_completion", "text", "preference", "unpaired"])
def test_a_trainer_takes_the_format(name: str, model: Path, shards: dict[str, str], tmp_path: Path) -> None:
    from datasets import load_dataset
    from transformers import AutoModelForCausalLM, AutoTokenizer

    dataset = load_dataset(
        "parquet", data_files=shards[name], split="train", cache_dir=str(tmp_path / "cache")
    )
    trainer, config = trainers(name)
    settings = config(
        output_dir=str(tmp_path / "run"), max_steps=1, per_device_train_batch_size=4, report_to=[], use_cpu=True,
        save_strategy="no", max_length=2048, bf16=False,
    )  # fmt: skip
    run = trainer(
        model=AutoModelForCausalLM.from_pretrained(model),
        args=settings,
        train_dataset=dataset,
        processing_class=AutoTokenizer.from_pretrained(model),
    )
    run.train()
    losses = [entry["train_loss"] for entry in run.state.log_history if "train_loss" in entry]
    assert len(losses) == 1 and losses[0] > 0


def trainers(name: str) -> tuple[Any, Any]:
    """The trainer of a format, and its configuration."""
    import trl

    kind = {"preference": "DPO", "unpaired": "KTO"}.get(name, "SFT")
    if kind == "KTO" and not hasattr(trl, "KTOTrainer"):
        from trl.experimental.kto import KTOConfig, KTOTrainer

        return KTOTrainer, KTOConfig
    return getattr(trl, f"{kind}Trainer"), getattr(trl, f"{kind}Config")
