"""datatrove's side of `near_duplicates.py`: `python -m benchmarks.near_duplicates_datatrove IN OUT [clusters]`.

With `clusters`, all documents are written, with the number of their cluster.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import xxhash
from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.dedup import (
    MinhashConfig,
    MinhashDedupBuckets,
    MinhashDedupCluster,
    MinhashDedupFilter,
    MinhashDedupSignature,
)
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.writers import ParquetWriter
from datatrove.utils.hashing import HashConfig


class Signature(MinhashDedupSignature):
    """The block as it is, but that it gives xxhash bytes: newer ones refuse the str."""

    def __init__(self, folder: str, config: MinhashConfig):
        super().__init__(folder, config)
        self._hash_func = lambda text: xxhash.xxh64_intdigest(text.encode())


def main() -> None:
    """Run all stages, and print how many documents were read and kept."""
    source, out = sys.argv[1], sys.argv[2]
    clusters = sys.argv[3:] == ["clusters"]
    config = MinhashConfig(
        n_grams=5, num_buckets=14, hashes_per_bucket=8, hash_config=HashConfig(precision=64)
    )
    files = len(list(Path(source).glob("*.jsonl")))
    reader = JsonlReader(source, glob_pattern="*.jsonl")
    gone = ParquetWriter(f"{out}/gone", compression="zstd") if clusters else None
    last = MinhashDedupFilter(f"{out}/remove", exclusion_writer=gone, load_cluster_ids=clusters)
    stages = [
        ([reader, Signature(f"{out}/signatures", config)], files),
        ([MinhashDedupBuckets(f"{out}/signatures", f"{out}/buckets", config=config)], config.num_buckets),
        (
            [MinhashDedupCluster(f"{out}/buckets", f"{out}/remove", config=config, save_cluster_id=clusters)],
            1,
        ),
        (
            [reader, last, ParquetWriter(f"{out}/kept", compression="zstd")],
            files,
        ),
    ]
    for number, (pipeline, tasks) in enumerate(stages):
        LocalPipelineExecutor(pipeline, tasks=tasks, workers=1, logging_dir=f"{out}/logs{number}").run()
    stats = json.loads(Path(out, "logs3", "stats.json").read_text())
    read = next(s["stats"]["documents"]["total"] for s in stats if "READER" in s["name"])
    kept = next(s["stats"]["total"] for s in stats if "WRITER" in s["name"])
    print(json.dumps({"read": read, "kept": kept["total"] if isinstance(kept, dict) else kept}))


if __name__ == "__main__":
    main()
