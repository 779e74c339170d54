"""Speed of `signals` beside datatrove's four filters, on the same documents, in the same run, on one core.

    python benchmarks/signals.py [PYTHON]

The documents are the US appellate opinions. datatrove's GopherQualityFilter, GopherRepetitionFilter, C4QualityFilter
and FineWebQualityFilter each see every document (its cache of tokens, which the filters share, is left on). `signals`
runs through the step, batch by batch, the median of several runs. Seconds are processor seconds of
the whole process, so that neither a second core nor other work on the machine counts. With PYTHON, the
interpreter of an environment that holds py-data-juicer, Data-Juicer's own rules run beside it (data_juicer_rules.py).
Results go to benchmarks/results/signals.json and signals.md.
"""

from __future__ import annotations

import gzip
import json
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path

import polars as pl

from curate.documents import conform
from curate.steps.signals import signals

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data" / "legal" / "us_federal_appellate_opinions.jsonl.gz"
RESULTS = ROOT / "benchmarks" / "results"
BATCH, RUNS = 64, 7  # documents, repetitions


def main() -> None:
    with gzip.open(DATA) as lines:
        texts = [text for line in lines if (text := json.loads(line)["text"])]
    megabytes = sum(len(text.encode()) for text in texts) / 1e6
    ours = statistics.median(our_seconds(texts) for _ in range(RUNS))
    theirs = datatrove_seconds(texts)
    total = sum(theirs.values())
    juicer = data_juicer(sys.argv[1], texts) if len(sys.argv) > 1 else None
    result = {
        "documents": len(texts),
        "megabytes": round(megabytes, 2),
        "processor": processor(),
        "signals_mb_per_s": round(megabytes / ours, 1),
        "datatrove_mb_per_s": round(megabytes / total, 3),
        "datatrove_seconds": {name: round(seconds, 1) for name, seconds in theirs.items()},
        "ratio": round(total / ours),
        "data_juicer": juicer and {**juicer, "mb_per_s": round(megabytes / juicer["seconds"], 2)},
    }
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "signals.json").write_text(json.dumps(result, indent=2) + "\n")
    (RESULTS / "signals.md").write_text(page(result, megabytes))
    print(json.dumps(result))


def our_seconds(texts: list[str]) -> float:
    frame = conform(pl.DataFrame({"text": texts}))
    start = time.process_time()
    for _ in signals(frame.iter_slices(BATCH)):
        pass
    return time.process_time() - start


def datatrove_seconds(texts: list[str]) -> dict[str, float]:
    from datatrove.data import Document
    from datatrove.pipeline import filters as block

    chain = [
        block.GopherQualityFilter(),
        block.GopherRepetitionFilter(),
        block.C4QualityFilter(),
        block.FineWebQualityFilter(),
    ]
    chain[0].filter(Document(text=texts[0], id="0"))  # loads spaCy
    spent = {type(keep).__name__: 0.0 for keep in chain}
    for text in texts:
        for keep in chain:
            document = Document(text=text, id="0")
            start = time.process_time()
            keep.filter(document)
            spent[type(keep).__name__] += time.process_time() - start
    return spent


def data_juicer(python: str, texts: list[str]) -> dict:
    script = str(ROOT / "benchmarks" / "data_juicer_rules.py")
    done = subprocess.run(
        [python, script], input=json.dumps(texts), capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    names = (
        [line for line in cpuinfo.read_text().splitlines() if line.startswith("model name")]
        if cpuinfo.exists()
        else []
    )
    return names[0].partition(": ")[2] if names else platform.processor()


def page(result: dict, megabytes: float) -> str:
    rows = [f"| `signals` | {megabytes / result['signals_mb_per_s']:.2f} | {result['signals_mb_per_s']} |"]
    rows += [
        f"| {name} | {seconds} | {megabytes / seconds:.2f} |"
        for name, seconds in result["datatrove_seconds"].items()
    ]
    rows.append(
        f"| datatrove's four | {sum(result['datatrove_seconds'].values()):.1f} | {result['datatrove_mb_per_s']} |"
    )
    if juicer := result["data_juicer"]:
        name = f"Data-Juicer's own {len(juicer['rules'])} rules"
        rows.append(f"| {name} | {juicer['seconds']:.1f} | {juicer['mb_per_s']} |")
    return "\n".join(
        [
            "# `signals` beside datatrove's four filters",
            "",
            f"{result['documents']} US appellate opinions, {result['megabytes']} MB, processor seconds "
            f"({result['processor']}), each filter on every document, same run: **{result['ratio']} times as fast**.",
            "",
            "| what | seconds | MB/s |",
            "|---|---:|---:|",
            *rows,
            "",
        ]
    )


if __name__ == "__main__":
    main()
