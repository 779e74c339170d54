"""Speed of MinHash signatures beside rensa, datasketch and datatrove: same documents, same run, one core.

    python benchmarks/minhash.py [PYTHON]

PYTHON is the interpreter of an environment that holds rensa (minhash_rensa.py runs there). The documents are the US
appellate opinions and the EDGAR contracts; all make 112 hashes of word 5-grams, the making of shingles included.
Every peer is used in the fastest way found: datasketch with xxHash in place of SHA-1, rensa and datasketch with words
cut at spaces alone, rensa in its bulk calls. datatrove's block runs as its pipelines do, with its own tokens, but
without writing its files. Seconds are processor seconds of the whole process, of ours and of rensa the median of
several runs. Results go to benchmarks/results/minhash.json and minhash.md.
"""

from __future__ import annotations

import os

os.environ["POLARS_MAX_THREADS"] = "1"

import gzip
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import polars as pl
from signals import processor

from curate.kernels.minhash import shingle_sets, signatures

ROOT = Path(__file__).resolve().parents[1]
LEGAL = ROOT.parent / "shared" / "data" / "legal"
SETS = ("us_federal_appellate_opinions.jsonl.gz", "contracts_edgar.jsonl.gz")
RESULTS = ROOT / "benchmarks" / "results"
HASHES, NGRAM, BATCH, RUNS = 112, 5, 64, 9


def main() -> None:
    texts = [text for name in SETS for text in documents(LEGAL / name)]
    megabytes = sum(len(text.encode()) for text in texts) / 1e6
    seconds = {"`signatures`": our_seconds(signatures, texts)}
    seconds["`shingle_sets` (what verifies candidates)"] = our_seconds(shingle_sets, texts)
    rensa = rensa_seconds(sys.argv[1], texts) if len(sys.argv) > 1 else {}
    seconds |= {f"rensa, {way}": spent for way, spent in rensa.items()}
    seconds["datasketch, xxHash"] = datasketch_seconds(texts)
    seconds["datatrove, MinhashDedupSignature"] = datatrove_seconds(texts)
    ours = seconds["`signatures`"]
    result = {
        "documents": len(texts),
        "megabytes": round(megabytes, 2),
        "processor": processor(),
        "mb_per_s": {name: round(megabytes / spent, 2) for name, spent in seconds.items()},
        "times_datatrove": round(seconds["datatrove, MinhashDedupSignature"] / ours),
        "times_datasketch": round(seconds["datasketch, xxHash"] / ours, 1),
        "times_rensa": round(min(s for way, s in rensa.items() if "rho" not in way) / ours, 1)
        if rensa
        else None,
    }
    (RESULTS / "minhash.json").write_text(json.dumps(result, indent=2) + "\n")
    (RESULTS / "minhash.md").write_text(page(result))
    print(json.dumps(result))


def documents(path: Path) -> list[str]:
    with gzip.open(path) as lines:
        return [text for line in lines if (text := json.loads(line)["text"])]


def our_seconds(kernel, texts: list[str]) -> float:
    column = pl.Series(texts)
    kernel(column[:1])  # compiled, or taken from the cache
    return statistics.median(one_run(kernel, column) for _ in range(RUNS))


def one_run(kernel, column: pl.Series) -> float:
    start = time.process_time()
    for i in range(0, len(column), BATCH):
        kernel(column[i : i + BATCH])
    return time.process_time() - start


def rensa_seconds(python: str, texts: list[str]) -> dict[str, float]:
    script = str(ROOT / "benchmarks" / "minhash_rensa.py")
    done = subprocess.run(
        [python, script], input=json.dumps(texts), capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def datasketch_seconds(texts: list[str]) -> float:
    from datasketch import MinHash
    from xxhash import xxh32_intdigest

    start = time.process_time()
    shingles = (five_grams(text.lower().encode().split()) for text in texts)
    for _ in MinHash.generator(shingles, num_perm=HASHES, hashfunc=xxh32_intdigest):
        pass
    return time.process_time() - start


def five_grams(words: list[bytes]) -> list[bytes]:
    return list(map(b" ".join, zip(*(words[i:] for i in range(NGRAM)), strict=False)))


def datatrove_seconds(texts: list[str]) -> float:
    from datatrove.pipeline.dedup import MinhashDedupSignature
    from xxhash import xxh64_intdigest

    with tempfile.TemporaryDirectory() as folder:
        block = MinhashDedupSignature(folder)
    block._hash_func = lambda text: xxh64_intdigest(
        text.encode()
    )  # newer xxhash refuses the str that it gives
    block.get_shingles(texts[0])  # loads spaCy
    start = time.process_time()
    for text in texts:
        shingles = block.get_shingles(text)
        if shingles.size:
            block.get_signature(shingles)
    return time.process_time() - start


def page(result: dict) -> str:
    ratios = [
        f"{result['times_datatrove']} times datatrove",
        f"{result['times_datasketch']} times datasketch",
    ]
    if result["times_rensa"]:
        ratios.append(f"{result['times_rensa']} times rensa's fastest full-set way")
    return "\n".join(
        [
            "# MinHash signatures beside rensa, datasketch and datatrove",
            "",
            f"{result['documents']} US appellate opinions and EDGAR contracts, {result['megabytes']} MB, {HASHES} "
            f"hashes of word {NGRAM}-grams, processor seconds of one core ({result['processor']}), same run: "
            f"**{', '.join(ratios)}**. What each peer was given is told in benchmarks/minhash.py; rensa's rho takes "
            "a sample of the shingles and is not compared.",
            "",
            "| what | MB/s |",
            "|---|---:|",
            *(f"| {name} | {speed} |" for name, speed in result["mb_per_s"].items()),
            "",
        ]
    )


if __name__ == "__main__":
    main()
