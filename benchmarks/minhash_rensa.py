"""rensa's side of `minhash.py`, in an interpreter that has rensa and nothing of ours.

Texts come as JSON on standard input; a line of JSON goes out: seconds of one core per way of using rensa, the median
of several runs. Shingles are runs of five words between spaces, in lower case: the cheapest that Python makes, which
favours rensa; "parsed" takes words by a regular expression, nearer to ours. "strings" gives rensa joined words,
"hashes" gives it Python's hashes of tuples of words.
"""

from __future__ import annotations

import json
import os
import re
import statistics
import sys
import time

os.environ["RAYON_NUM_THREADS"] = "1"

import rensa

HASHES, SEED, NGRAM, BATCH, RUNS = 112, 1, 5, 64, 3
MASK = 2**64 - 1
WORD = re.compile(r"\w+")


def grams(words: list[str]) -> zip:
    return zip(*(words[i:] for i in range(NGRAM)))


def strings(texts: list[str]) -> list[list[str]]:
    return [list(map(" ".join, grams(text.lower().split()))) for text in texts]


def parsed(texts: list[str]) -> list[list[str]]:
    return [list(map(" ".join, grams(WORD.findall(text.lower())))) for text in texts]


def hashes(texts: list[str]) -> list[list[int]]:
    return [[hash(gram) & MASK for gram in grams(text.lower().split())] for text in texts]


R, C = rensa.RMinHash, rensa.CMinHash
WAYS = {
    "R-MinHash, strings": (strings, R.digest_matrix_from_token_sets),
    "R-MinHash, strings of parsed words": (parsed, R.digest_matrix_from_token_sets),
    "R-MinHash, hashes": (hashes, R.digest_matrix_from_token_hash_sets),
    "C-MinHash, strings": (strings, C.digests_from_token_sets),
    "C-MinHash, hashes": (hashes, C.digests64_from_token_hash_sets),
    "rho (samples positions), hashes": (hashes, R.digest_matrix_from_token_hash_sets_rho),
}


def seconds(texts: list[str], way: str) -> float:
    shingle, digest = WAYS[way]
    start = time.process_time()
    for i in range(0, len(texts), BATCH):
        digest(shingle(texts[i : i + BATCH]), HASHES, SEED)
    return time.process_time() - start


if __name__ == "__main__":
    texts = json.load(sys.stdin)
    print(json.dumps({way: statistics.median(seconds(texts, way) for _ in range(RUNS)) for way in WAYS}))
