"""What `near_duplicates` finds: against brute force, on labelled sets, and beside datasketch and datatrove.

    python -m benchmarks.dedup_quality

1. Real legal documents: all pairs' exact Jaccard similarity, and what became of those above threshold + 0.05.
2. The labelled sets of duplicates, over settings.
3. Clusters of datasketch and datatrove with the same n-grams, bands and rows, and the pairs on which they differ.

Results go to benchmarks/results/dedup_quality.md.
"""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from scipy.sparse import csr_matrix

from benchmarks.dedup_sets import Pairs, answers, articles, editions, paraphrases, plagiarism
from benchmarks.legal_sets import sets
from curate.kernels.clusters import firsts, settle, unite
from curate.kernels.minhash import band_keys, shingle_sets, signatures
from curate.step import Outcome
from curate.steps.near_duplicates import near_duplicates

ROOT = Path(__file__).resolve().parents[1]
RESULT = ROOT / "benchmarks" / "results" / "dedup_quality.md"
LEGAL = (
    "contracts (EDGAR)",
    "contracts (CUAD)",
    "opinions (US appellate)",
    "regulations (12 CFR)",
    "terms of service",
)


def legal() -> pl.DataFrame:
    """Five sets with natural duplicates."""
    rows = [(f"{name}/{at}", text) for name, documents in sets() if name in LEGAL for at, text in documents]
    return pl.DataFrame(rows, schema=["id", "text"], orient="row")


def exact_pairs(frame: pl.DataFrame, least: float, ngram: int = 5) -> dict[frozenset[str], float]:
    """All pairs at least so similar, from the product of the matrix of documents and shingles with itself."""
    values, offsets = shingle_sets(frame["text"], ngram=ngram)
    _, columns = np.unique(values, return_inverse=True)
    matrix = csr_matrix((np.ones(len(values), np.int32), columns, offsets))
    sizes, ids = np.diff(offsets), frame["id"].to_list()
    out: dict[frozenset[str], float] = {}
    for start in range(0, frame.height, 200):
        common = (matrix[start : start + 200] @ matrix.T).tocoo()
        i, j = common.row + start, common.col
        likeness = common.data / (sizes[i] + sizes[j] - common.data)
        for a, b, s in zip(i, j, likeness):
            if a < b and s >= least:
                out[frozenset((ids[a], ids[b]))] = float(s)
    return out


def cluster_of(outcome: Outcome) -> dict[str, str]:
    """The document that stays, for every document."""
    stays = {i: i for i in outcome.kept["id"]}
    return stays | dict(outcome.dropped.select("id", "duplicate_of").iter_rows())


def found(outcome: Outcome, pairs: Iterable[frozenset[str]]) -> int:
    """How many of `pairs` are in one cluster."""
    stays = cluster_of(outcome)
    return sum(len({stays[i] for i in pair}) == 1 for pair in pairs)


def brute_force() -> list[str]:
    """The table of the first part."""
    frame = legal()
    pairs = exact_pairs(frame, 0.0)
    lines = [
        "| threshold | verified by | documents dropped | pairs at threshold + 0.05 or above | one side removed | "
        "lowest similarity to `duplicate_of` |",
        "|---:|---|---:|---:|---:|---:|",
    ]
    for threshold in (0.6, 0.7, 0.8, 0.9):
        for verify in ("exact", "signature"):
            outcome = near_duplicates(frame, threshold=threshold, verify=verify)
            clear = [pair for pair, s in pairs.items() if s >= threshold + 0.05]
            kept = set(outcome.kept["id"])
            removed = sum(not pair <= kept for pair in clear)
            told = outcome.dropped.select("id", "duplicate_of").rows()
            lowest = min(pairs.get(frozenset(pair), 0.0) for pair in told)
            lines.append(
                f"| {threshold} | {verify} | {outcome.dropped.height} | {len(clear)} | "
                f"{removed / len(clear):.2%} | {lowest:.4f} |"
            )
    return [f"{frame.height} documents of {', '.join(LEGAL)}; every pair compared.", "", *lines]


def labelled() -> list[str]:
    """The table of the second part."""
    news, planted = articles()
    books, same = editions()
    short, kinds = answers()
    pan, pan_by = plagiarism()
    msr, msr_by = paraphrases()
    lines = [
        "| ngram | threshold | news: recall, precision (10 pairs) | editions: recall, precision of "
        f"{len(same)} pairs | answers taken: near copy / lightly / heavily reworded / own | PAN pairs: same / not | "
        "MSR pairs: same meaning / not |",
        "|---:|---:|---|---|---|---|---|",
    ]
    for ngram in (1, 2, 3, 5, 8):
        for threshold in (0.3, 0.5, 0.7, 0.8, 0.9):
            cells = [_pair_cell(near_duplicates(news, ngram=ngram, threshold=threshold), planted)]
            cells.append(_pair_cell(near_duplicates(books, ngram=ngram, threshold=threshold), same))
            outcome = near_duplicates(short, ngram=ngram, threshold=threshold)
            cells.append(" / ".join(_share(outcome, kinds[k]) for k in ("cut", "light", "heavy", "non")))
            outcome = near_duplicates(pan, ngram=ngram, threshold=threshold)
            cells.append(f"{_share(outcome, pan_by['1'])} / {_share(outcome, pan_by['0'])}")
            outcome = near_duplicates(msr, ngram=ngram, threshold=threshold)
            cells.append(f"{_share(outcome, msr_by['1'])} / {_share(outcome, msr_by['0'])}")
            lines.append(f"| {ngram} | {threshold} | {' | '.join(cells)} |")
    return lines


def _pair_cell(outcome: Outcome, truth: Pairs) -> str:
    stays = cluster_of(outcome)
    clusters: dict[str, list[str]] = {}
    for member, kept in stays.items():
        clusters.setdefault(kept, []).append(member)
    taken = {frozenset((a, b)) for ms in clusters.values() for a in ms for b in ms if a < b}
    precision = len(taken & truth) / len(taken) if taken else 1.0
    return f"{len(taken & truth) / len(truth):.2f}, {precision:.2f}"


def _share(outcome: Outcome, pairs: Pairs) -> str:
    return f"{found(outcome, pairs) / len(pairs):.0%}"


def peers() -> list[str]:
    """The table of the third part: pairs of documents that stand in one cluster."""
    frame = legal()
    pairs = exact_pairs(frame, 0.0)
    clusters = {
        "curate, candidates (not verified, chained)": our_components(frame),
        "datasketch (the same)": datasketch_clusters(frame),
        "datatrove (the same)": datatrove_clusters(frame),
        "curate, verified (each pair with the document that stays)": None,
    }
    together = {name: _pairs(c) for name, c in clusters.items() if c is not None}
    told = near_duplicates(frame).dropped.select("id", "duplicate_of").rows()
    together["curate, verified (each pair with the document that stays)"] = {frozenset(pair) for pair in told}
    ours = together["curate, candidates (not verified, chained)"]
    bins = [(0.85, 1.01), (0.8, 0.85), (0.6, 0.8), (0.0, 0.6)]
    names = ["0.85 and above", "0.8 to 0.85", "0.6 to 0.8", "below 0.6"]
    lines = [
        f"| pairs in one cluster | all | also in curate's candidates | {' | '.join(names)} |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for name, linked in together.items():
        counts = [sum(low <= pairs.get(p, 0.0) < high for p in linked) for low, high in bins]
        lines.append(f"| {name} | {len(linked)} | {len(linked & ours)} | {' | '.join(map(str, counts))} |")
    counts = [sum(low <= s < high for s in pairs.values()) for low, high in bins[:3]]
    lines.append(f"| all pairs there are | | | {' | '.join(map(str, counts))} | |")
    return lines


def _pairs(clusters: dict[str, Any]) -> Pairs:
    """Pairs of documents of one cluster."""
    members: dict[Any, list[str]] = {}
    for document, cluster in clusters.items():
        members.setdefault(cluster, []).append(document)
    return {frozenset(pair) for same in members.values() for pair in itertools.combinations(same, 2)}


def our_components(frame: pl.DataFrame) -> dict[str, Any]:
    """Components of documents that share a band, by our signatures."""
    keys = band_keys(signatures(frame["text"]), 14, 8).reshape(-1)
    first = firsts(keys) // 14
    parent = np.arange(frame.height)
    unite(parent, np.arange(len(keys)) // 14, first)
    settle(parent)
    return dict(zip(frame["id"], parent.tolist()))


def datasketch_clusters(frame: pl.DataFrame) -> dict[str, Any]:
    """Components of documents that share a band, by datasketch's signatures of words between spaces."""
    from datasketch import MinHash, MinHashLSH

    index = MinHashLSH(num_perm=112, params=(14, 8))
    parent = np.arange(frame.height)
    for i, text in enumerate(frame["text"]):
        words = text.lower().split()
        sketch = MinHash(num_perm=112)
        sketch.update_batch({" ".join(words[k : k + 5]).encode() for k in range(max(1, len(words) - 4))})
        met = np.array(index.query(sketch), np.int64)
        unite(parent, np.full(len(met), i), met)
        index.insert(i, sketch)
    settle(parent)
    return dict(zip(frame["id"], parent.tolist()))


def datatrove_clusters(frame: pl.DataFrame) -> dict[str, Any]:
    """datatrove's clusters, by its own tokens."""
    with tempfile.TemporaryDirectory() as name:
        source, out = Path(name) / "in", Path(name) / "out"
        source.mkdir()
        frame.write_ndjson(source / "all.jsonl")
        script = [
            sys.executable,
            "-m",
            "benchmarks.near_duplicates_datatrove",
            str(source),
            str(out),
            "clusters",
        ]
        made = subprocess.run(script, cwd=ROOT, capture_output=True, text=True, check=True)
        assert json.loads(made.stdout.splitlines()[-1])["read"] == frame.height
        files = [*(out / "kept").glob("*.parquet"), *(out / "gone").glob("*.parquet")]
        rows = [row for file in files for row in pl.read_parquet(file, columns=["id", "metadata"]).rows()]
    alone = {i: ("alone", i) for i in frame["id"]}
    return alone | {
        i: metadata["minhash_cluster_id"]
        for i, metadata in rows
        if metadata.get("minhash_cluster_id") is not None and metadata["minhash_cluster_id"] >= 0
    }


def main() -> None:
    """Write the page."""
    parts = {
        "Against brute force": brute_force(),
        "On labelled sets": labelled(),
        "Beside datasketch and datatrove": peers(),
    }
    page = [
        "# What near_duplicates finds",
        "",
        "`python -m benchmarks.dedup_quality`; docs/near_duplicates.md says what follows.",
        "",
    ]
    for title, lines in parts.items():
        page += [f"## {title}", "", *lines, ""]
    RESULT.write_text("\n".join(page))
    print("\n".join(page))


if __name__ == "__main__":
    main()
