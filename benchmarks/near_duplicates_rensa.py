"""rensa's side of `near_duplicates.py`, in an interpreter that has rensa and nothing of ours: SCRIPT IN OUT.

Bulk calls on batches of documents: hashes of word 5-grams (Python's hash of tuples of words between spaces, the
quickest way found), their digest matrix, flags of those that share a band with an earlier document. What is
not flagged is written as JSONL. Nothing is verified.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import rensa

HASHES, BANDS, SEED, NGRAM, BATCH, THRESHOLD = 112, 14, 1, 5, 256, 0.8
MASK = 2**64 - 1


def hashes(text: str) -> list[int]:
    """One number per 5-gram."""
    words = text.lower().split()
    return [hash(gram) & MASK for gram in zip(*(words[i:] for i in range(NGRAM)))]


def main() -> None:
    """Read, flag, write; print how many documents were read and kept."""
    source, out = Path(sys.argv[1]), Path(sys.argv[2])
    out.mkdir(parents=True)
    index = rensa.RMinHashLSH(THRESHOLD, HASHES, BANDS)
    read = kept = 0
    with open(out / "kept.jsonl", "wb") as target:
        for path in sorted(source.glob("*.jsonl")):
            with open(path, "rb") as lines:
                while batch := [line for _, line in zip(range(BATCH), lines)]:
                    sets = [hashes(json.loads(line)["text"]) for line in batch]
                    matrix = rensa.RMinHash.digest_matrix_from_token_hash_sets(sets, HASHES, SEED)
                    flags = index.insert_matrix_and_query_duplicate_flags(matrix, read)
                    target.writelines(line for line, flag in zip(batch, flags) if not flag)
                    read, kept = read + len(batch), kept + len(flags) - sum(flags)
    print(json.dumps({"read": read, "kept": kept}))


if __name__ == "__main__":
    main()
