"""What a training row costs to load, beside TRL's packing with `datasets`: same tokens, same run.

    python -m benchmarks.loader [DATA]

The documents are the US appellate opinions and the EDGAR contracts, tokenised once by a byte-level BPE of 8,192 that
is trained on some of them. TRL packs with `pack_dataset`, by `bfd_split` (which loses nothing) and by `bfd` (its
default), in batches of 1,000 documents as its trainer does; rows are then taken one by one in order, as a sampler
does, made into tensors of ids, labels and positions, and joined into batches of 8; once through Python lists, as its
trainer takes them, once through numpy, the fastest way found. Ours are planned by `packed` and joined by `stack`. Both
read what lies on disk and was read before. Seconds are processor seconds of the process; of rows the median of several
passes. Results go to benchmarks/results/loader.json and loader.md.
"""

from __future__ import annotations

import gzip
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["HF_DATASETS_DISABLE_PROGRESS_BARS"] = "1"

import numpy as np
import torch

from benchmarks.signals import processor
from benchmarks.tables import table
from train.data.dataset import Part, packed
from train.data.documents import documents
from train.data.tokens import Tokens, tokenised

ROOT = Path(__file__).resolve().parents[1]
SETS = ("legal/us_federal_appellate_opinions.jsonl.gz", "legal/contracts_edgar.jsonl.gz")
LENGTHS, PASSES, ROWS, BATCH = (1024, 2048), 5, 1000, 8


def main() -> None:
    torch.set_num_threads(1)
    data = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT.parent / "shared" / "data"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tokens, seconds = prepared(data, folder)
        rows = [measured(tokens, length, folder) for length in LENGTHS]
    result = {
        "documents": len(tokens),
        "megabytes": round(tokens.meta["bytes"] / 1e6, 2),
        "tokens": tokens.meta["tokens"],
        "processor": processor(),
        "tokenise_tokens_per_s": round(tokens.meta["tokens"] / seconds),
        "lengths": rows,
    }
    results = ROOT / "benchmarks" / "results"
    (results / "loader.json").write_text(json.dumps(result, indent=2) + "\n")
    (results / "loader.md").write_text(page(result))
    print(json.dumps(result))


def prepared(data: Path, folder: Path) -> tuple[Tokens, float]:
    """The documents, tokenised, and processor seconds that it took."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    texts = []
    for name in SETS:
        with gzip.open(data / name) as lines:
            texts += [text for line in lines if (text := json.loads(line)["text"])]
    (folder / "all.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    core = Tokenizer(models.BPE())
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    core.train_from_iterator(texts[::60], trainers.BpeTrainer(vocab_size=8192, special_tokens=["</s>"]))
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=core, eos_token="</s>")
    start = time.process_time()
    tokens = tokenised(documents(str(folder / "all.jsonl")), tokenizer, folder / "tokens")
    return tokens, time.process_time() - start


def measured(tokens: Tokens, length: int, folder: Path) -> dict[str, Any]:
    """Ours and TRL's two ways at one sequence length."""
    tiny = packed([Part("a", tokens)], {"a": 1.0}, epochs=0.01, sequence_length=64, folder=folder / "warm")
    tiny[0]  # kernels are compiled, or taken from the cache
    return {"length": length, "ours": ours(tokens, length, folder)} | {
        strategy: trl(tokens, length, strategy, folder) for strategy in ("bfd_split", "bfd")
    }


def ours(tokens: Tokens, length: int, folder: Path) -> dict[str, float]:
    start = time.process_time()
    dataset = packed(
        [Part("a", tokens)], {"a": 1.0}, epochs=1, sequence_length=length, folder=folder / "plans"
    )
    planning = time.process_time() - start
    seen = sum(dataset.filled(i) for i in range(len(dataset)))
    return told(planning, dataset.__getitem__, torch.stack, len(dataset), seen, tokens, length)


def trl(tokens: Tokens, length: int, strategy: str, folder: Path) -> dict[str, float]:
    from datasets import Dataset
    from trl import pack_dataset

    rows = Dataset.from_generator(
        lambda: ({"input_ids": tokens.document(n).astype(np.int32)} for n in range(len(tokens))),
        cache_dir=str(folder / f"{strategy}-{length}"),
    )
    start = time.process_time()
    done = pack_dataset(rows, length, strategy)
    packing = time.process_time() - start
    seen = sum(
        sum(lengths) for lengths in done.select_columns("seq_lengths").with_format(None)["seq_lengths"]
    )
    return told(packing, as_trainer(done), torch.cat, len(done), seen, tokens, length) | {
        "row_us_numpy": told(packing, as_numpy(done), torch.cat, len(done), seen, tokens, length)["row_us"]
    }


def as_trainer(done: Any) -> Callable[[int], dict[str, torch.Tensor]]:
    """Rows as TRL's trainer takes them: Python lists, made into tensors by its collator without padding."""
    lists = done.with_format(None)

    def row(i: int) -> dict[str, torch.Tensor]:
        found = lists[i]
        positions = [at for n in found["seq_lengths"] for at in range(n)]
        return tensors(torch.tensor(found["input_ids"]), torch.tensor(positions))

    return row


def as_numpy(done: Any) -> Callable[[int], dict[str, torch.Tensor]]:
    """The same from arrays, the fastest way found to take rows out of `datasets`."""
    arrays = done.with_format("numpy")

    def row(i: int) -> dict[str, torch.Tensor]:
        found = arrays[i]
        positions = np.concatenate([np.arange(n) for n in found["seq_lengths"]])
        return tensors(torch.from_numpy(found["input_ids"].astype(np.int64)), torch.from_numpy(positions))

    return row


def tensors(ids: torch.Tensor, positions: torch.Tensor) -> dict[str, torch.Tensor]:
    labels = ids.clone()
    labels[positions == 0] = -100
    return {"input_ids": ids, "labels": labels, "position_ids": positions}


def told(
    planning: float,
    row: Callable[[int], Any],
    join: Callable[[list[Any]], Any],
    rows: int,
    seen: int,
    tokens: Tokens,
    length: int,
) -> dict[str, float]:
    """Seconds to pack, microseconds a row, tokens/s, how full rows are, how many tokens are gone."""
    numbers = range(min(ROWS, rows))
    spent = []
    for _ in range(PASSES):
        start = time.process_time()
        for first in range(0, len(numbers), BATCH):
            batch = [row(i) for i in numbers[first : first + BATCH]]
            for name in batch[0]:
                join([one[name] for one in batch])
        spent.append((time.process_time() - start) / len(numbers))
    each = statistics.median(spent)
    total = tokens.meta["tokens"]
    return {
        "pack_seconds": round(planning, 3),
        "row_us": round(each * 1e6, 1),
        "tokens_per_s": round(seen / rows / each),
        "rows": rows,
        "filled": round(seen / (rows * length), 5),
        "lost": round(1 - seen / total, 5),
    }


NAMES = {
    "ours": "`packed`",
    "bfd_split": "TRL `bfd_split` + datasets",
    "bfd": "TRL `bfd` (default) + datasets",
}


def page(result: dict[str, Any]) -> str:
    """The results as Markdown."""
    lines = []
    for found in result["lengths"]:
        for key, name in NAMES.items():
            one = found[key]
            filled, lost = f"{one['filled']:.2%}", f"{one['lost']:.2%}"
            lines.append(
                (
                    f"{name}, {found['length']}",
                    one["pack_seconds"],
                    one["row_us"],
                    one.get("row_us_numpy", "-"),
                    f"{one['tokens_per_s']:,}",
                    filled,
                    lost,
                )
            )
    times = " and ".join(
        f"{one['bfd_split']['row_us_numpy'] / one['ours']['row_us']:.0f}" for one in result["lengths"]
    )
    head = [
        "what, sequence length",
        "pack, s",
        "µs per row",
        "µs through numpy",
        "tokens/s",
        "filled",
        "tokens lost",
    ]
    # At 2% of a step, a row may cost a fiftieth of what computing it does.
    bound = min(one["ours"]["tokens_per_s"] for one in result["lengths"]) // 50
    return (
        "# Loading training rows, beside TRL and datasets\n\n"
        f"{result['documents']} US appellate opinions and EDGAR contracts, {result['megabytes']} MB, "
        f"{result['tokens']:,} tokens (BPE of 8,192), processor seconds ({result['processor']}), same run: "
        f"**{times} times as fast per row** as the fastest way found with "
        f"TRL's packing, at {' and '.join(str(n) for n in LENGTHS)} tokens. Tokenising, once: "
        f"{result['tokenise_tokens_per_s']:,} tokens/s of processor time. Loading in the training process itself stays "
        f"below 2% of a step up to {bound:,} tokens/s per device; workers of a data loader move that further.\n\n"
        + table(head, lines)
        + "\n"
    )


if __name__ == "__main__":
    main()
