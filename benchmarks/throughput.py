"""Training throughput beside the plain TRL recipe: `python -m benchmarks.throughput [SIZE…]`.

The same model (a preset with random weights), the same real text, the same tokens per step, on the GPU if there is one
(bf16, sizes 125m and 1b), else on the CPU (fp32, tiny and small). TRL runs with each of its ways to pack: `bfd`, its
default, lays a batch out as one long row, which kernels for such rows make quick and a CPU makes slow, and cuts
documents at the row's end; `wrapped` cuts one stream into rows and lets attention pass between documents. Each runs
in a process of its own, in turns, three times; tokens that are no padding per second over the steps after
the first few, which compile and warm up. Results go to benchmarks/results/throughput.md. Takes 27 minutes on two cores.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from benchmarks.tables import table

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "throughput.md"
TEXT = ROOT.parent / "shared" / "data" / "legal" / "us_federal_appellate_opinions.jsonl.gz"
ROUNDS = 3
#: By device: sizes, and for each: length of a row, rows per step, steps, steps that are not counted.
SETUPS: dict[str, dict[str, tuple[int, int, int, int]]] = {
    "cpu": {"tiny": (256, 16, 24, 4), "small": (256, 8, 10, 2)},
    "cuda": {"125m": (1024, 64, 40, 10), "1b": (2048, 16, 30, 10)},
}


def tokenizer(folder: Path) -> Any:
    """One for both, trained on the text."""
    from train import models
    from train.data.documents import documents
    from train.data.rows import listed

    texts = (
        t for batch in documents(str(TEXT)).batches(["text"]) for t in listed(batch.columns["text"]) if t
    )
    models.train_tokenizer((text for text, _ in zip(texts, range(60))), 8192).save_pretrained(folder)


def ours(size: str, device: str, folder: Path) -> dict[str, float]:
    """Through a stage's own worker."""
    from train import worker
    from train.config import TrainConfig
    from train.fit import read_log
    from train.objective import load_objective

    length, rows, steps, skipped = SETUPS[device][size]
    config = TrainConfig.model_validate(
        {
            "objective": "pretrain",
            "model": {"preset": size, "tokenizer": str(folder / "tokenizer"), "context": length},
            "data": [{"from": str(clean(folder)), "max_epochs": 99}],
            "tokens": length * rows * steps,
            "sequence_length": length,
            "batch_size": rows,
            "checkpoint_every": steps,
            "evaluate": {"skip": "a benchmark"},
        }
    )
    stage = SimpleNamespace(name=size, config=config, objective=load_objective("pretrain"), params={}, seed=1)
    with tempfile.TemporaryDirectory() as work:
        worker.trained(
            SimpleNamespace(stage=stage, address=str, limit=None, folders={}), Path(work), quiet=True
        )
        lines = [line for line in read_log(Path(work) / "log.jsonl") if line["step"] > skipped]
    seconds, before = 0.0, None
    for line in lines:
        if before is not None:
            seconds += (line["tokens"] - before) / line["tokens_per_second"]
        before = line["tokens"]
    counted = (lines[-1]["tokens"] - lines[0]["tokens"]) / seconds
    return {"tokens_per_second": counted, "mfu": statistics.median(line.get("mfu", 0.0) for line in lines)}


def trl(size: str, device: str, folder: Path, packing: str) -> dict[str, float]:
    """The plain recipe: SFTTrainer on a text column, packed, nothing else set but what both need."""
    from datasets import load_dataset
    from transformers import AutoTokenizer, TrainerCallback
    from trl import SFTConfig, SFTTrainer

    from train import models

    length, rows, steps, skipped = SETUPS[device][size]
    known = AutoTokenizer.from_pretrained(folder / "tokenizer")
    model = models.from_preset(size, known, length, 1)
    flops, top = models.flops_per_token(model, length), models.peak()
    marks: dict[str, float] = {}

    class Clock(TrainerCallback):
        """Time and tokens at the first counted step and at the last."""

        def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **more: Any) -> None:
            if "num_tokens" not in (logs or {}):
                return
            if state.global_step >= skipped and "start" not in marks:
                marks.update(start=time.perf_counter(), before=logs["num_tokens"])
            elif "start" in marks:
                marks.update(end=time.perf_counter(), after=logs["num_tokens"])

    micro = rows if device == "cpu" else max(1, 32_768 // length)
    with tempfile.TemporaryDirectory() as work:
        SFTTrainer(
            model=model,
            processing_class=known,
            train_dataset=load_dataset("json", data_files=str(clean(folder)), split="train", cache_dir=work),
            callbacks=[Clock()],
            args=SFTConfig(
                output_dir=work,
                max_length=length,
                packing=True,
                packing_strategy=packing,
                max_steps=steps,
                per_device_train_batch_size=min(rows, micro),
                gradient_accumulation_steps=max(1, rows // micro),
                use_cpu=device == "cpu",
                bf16=device == "cuda",
                save_strategy="no",
                logging_steps=1 if device == "cpu" else 10,
                report_to="none",
            ),
        ).train()
    speed = (marks["after"] - marks["before"]) / (marks["end"] - marks["start"])
    return {"tokens_per_second": speed, "mfu": speed * flops / top if top else 0.0}


MEASURED: dict[str, Callable[..., dict[str, float]]] = {
    "ours": ours,
    "TRL, bfd": partial(trl, packing="bfd"),
    "TRL, wrapped": partial(trl, packing="wrapped"),
}


def clean(folder: Path) -> Path:
    """The text as plain JSONL that both can read, without empty records."""
    path = folder / "text.jsonl"
    if not path.exists():
        import gzip

        with gzip.open(TEXT, "rt", encoding="utf-8") as source, path.open("w", encoding="utf-8") as target:
            for line in source:
                if text := json.loads(line).get("text"):
                    target.write(json.dumps({"text": text}) + "\n")
    return path


def alone(who: str, size: str, device: str, folder: Path) -> dict[str, float]:
    """One measurement in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.throughput", "--one", who, size, device, str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr[-2000:])
    found: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def main() -> None:
    """Measure in turns, write the table."""
    if sys.argv[1:2] == ["--one"]:
        who, size, device, where = sys.argv[2:6]
        print(json.dumps(MEASURED[who](size, device, Path(where))))
        return
    from train.models import device as found

    device = found()
    rows = []
    with tempfile.TemporaryDirectory() as where:
        tokenizer(Path(where) / "tokenizer")
        clean(Path(where))
        for size in sys.argv[1:] or SETUPS[device]:
            runs = [{who: alone(who, size, device, Path(where)) for who in MEASURED} for _ in range(ROUNDS)]
            for who in MEASURED:
                speed = statistics.median(run[who]["tokens_per_second"] for run in runs)
                share = statistics.median(run[who]["mfu"] for run in runs)
                ratios = [run["ours"]["tokens_per_second"] / run[who]["tokens_per_second"] for run in runs]
                spread = f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
                beside = spread if who != "ours" else "1"
                rows.append([size, who, f"{speed:,.0f}", beside, f"{share:.1%}" if share else "-"])
                print(rows[-1], file=sys.stderr)
    head = ["model", "", "tokens/s", "ours by it (least to most)", "MFU"]
    name = device if device == "cpu" else __import__("torch").cuda.get_device_name(0)
    told = (
        f"# Training throughput on {name}\n\n{__doc__.splitlines()[0]}\n\n{table(head, rows)}\n"
        if __doc__
        else ""
    )
    RESULTS.write_text(told)


if __name__ == "__main__":
    main()
