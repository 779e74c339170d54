"""`decontaminate` on real text and real benchmarks: `python -m benchmarks.decontamination [OUT.json]`.

Real legal and general text against LegalBench, MMLU law, LSAT, the CUAD clause table and general benchmarks, as it is
(what is flagged there was looked at by hand: docs/decontamination.md) and with items planted into opinions. Compared:
settings of the guard against common text, a plain cap on documents per n-gram (GPT-3), any 12-gram (datatrove's
filter, its spaCy tokens replaced by white space after its own `simplify_text`, which takes punctuation off).
"""

from __future__ import annotations

import gzip
import json
import sys
import tarfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

import polars as pl

from benchmarks import legal_sets
from curate.contamination import overlap as contamination
from curate.contamination.items import benchmarks, read_items
from curate.kernels.tokens import word_hashes
from curate.steps.decontaminate import decontaminate

SHARED = legal_sets.DATA.parent
EVAL = SHARED / "eval"
LAW = [
    f"{EVAL}/legalbench_tasks.tar.gz",
    {"path": f"{EVAL}/mmlu/*.csv", "names": ["question", "A", "B", "C", "D", "answer"]},
    f"{EVAL}/general/agi_eval_lsat_*.jsonl.gz",
]
AGAINST = [
    *LAW,
    *(f"{EVAL}/general/{name}*.jsonl.gz" for name in "bcglopw"),
    f"{EVAL}/general/arc_*.jsonl.gz",
    f"{EVAL}/TruthfulQA.csv",
    f"{EVAL}/*.jsonl",
    f"{EVAL}/crows_pairs_anonymized.csv",
    f"{EVAL}/safety/*.csv",
    f"{EVAL}/blimp_60_each.tar.gz",
    f"{EVAL}/cuad_master_clauses.csv.gz",
]
#: How items are planted: the copies of each, and whether it should be found.
FORMS = {
    "verbatim": 1,
    "edited": 1,
    "reformatted": 1,
    "half": 1,
    "verbatim in 20 documents": 20,
    "three fifths in 5 documents": 5,
    "three fifths in 20 documents": 20,
    "a quarter": 1,
}
GUARDS: dict[str, int | None] = {
    "no guard": None,
    **{f"max_frequency {n}": n for n in (0, 3, 10, 30)},
    "plain cap of 10": 10,
}


def planted(text: str, form: str) -> str:
    """A benchmark's text as `form` has it."""
    words = text.split()
    if form == "edited":
        return " ".join("REDACTED" if n % 20 == 10 else word for n, word in enumerate(words))
    if form == "reformatted":
        return "\n".join("> " + " ".join(words[n : n + 6]).upper() for n in range(0, len(words), 6))
    share = {"half": 0.52, "a quarter": 0.25}.get(form, 0.6 if "fifths" in form else 1)
    return " ".join(words[: int(len(words) * share)])


def plants(opinions: list[str]) -> Iterator[tuple[str, str]]:
    """Opinions with a benchmark's text each, as (form:benchmark:number:copy, text)."""
    texts = read_items(benchmarks(LAW)).filter(
        pl.col("column").is_in(["question", "query", "text", "claim"])
        & (pl.col("text").str.count_matches(r"\S+").is_between(50, 400))
        & ~pl.col("item").str.contains("ssla|contract_|maud|miscellaneous")
    )
    kinds = {"LegalBench": "legalbench", "MMLU law": "law|jurisprudence", "LSAT": "lsat"}
    at = 0
    for kind, pattern in kinds.items():
        found = texts.filter(pl.col("benchmark").str.contains(pattern)).unique("text", maintain_order=True)
        for n, text in enumerate(found["text"].gather_every(max(1, found.height // 64))[:64]):
            form = list(FORMS)[n % len(FORMS)]
            for copy in range(FORMS[form]):
                host = opinions[at % len(opinions)][2000:8000]
                at += 1
                yield f"{form}:{kind}:{n}:{copy}", f"{host[:3000]}\n\n{planted(text, form)}\n\n{host[3000:]}"


def general() -> Iterator[tuple[str, str]]:
    """General text as (id, text)."""
    for name in ("openstax_sociology.jsonl.gz", "openstax_physics.jsonl.gz", "c4_demo.jsonl"):
        path = SHARED / "general" / name
        with gzip.open(path, "rt") if path.suffix == ".gz" else open(path) as lines:
            yield from ((f"{name}:{n}", json.loads(line)["text"]) for n, line in enumerate(lines))
    for name in ("bbc_news_txt", "gutenberg_books"):
        with tarfile.open(SHARED / "general" / f"{name}.tar.gz") as archive:
            for member in archive:
                if member.isfile() and (file := archive.extractfile(member)):
                    yield f"{name}:{member.name}", file.read().decode("utf-8", "replace")
    articles = (SHARED / "general" / "wiki_demo.txt").read_text().splitlines()
    yield from ((f"wiki:{n}", text) for n, text in enumerate(articles))


def corpus() -> pl.DataFrame:
    """All documents, those with plants last: `id` is set:key, or the plant's."""
    rows = [(f"{name}:{key}", text) for name, texts in legal_sets.sets() for key, text in texts]
    opinions = [text for key, text in rows if key.startswith("opinions") and len(text) > 8000]
    rows += [*general(), *plants(opinions)]
    return pl.DataFrame(rows, schema=["id", "text"], orient="row")


def tally(flagged: set[str], by_cuad: set[str], frame: pl.DataFrame) -> dict[str, Any]:
    """What was flagged: plants per form, and untouched documents by what was found in them."""
    forms = Counter(key.partition(":")[0] for key in flagged)
    natural = {key for key in flagged | by_cuad if key.partition(":")[0] not in FORMS}
    all_forms = Counter(key.partition(":")[0] for key in frame["id"])
    return {
        "caught": {form: f"{forms[form]}/{all_forms[form]}" for form in FORMS},
        "CUAD contracts, by their clauses": sum(k.startswith("contracts (CUAD)") for k in by_cuad),
        "other documents, by CUAD's clauses": sum(
            not k.startswith("contracts (CUAD)") and k in natural for k in by_cuad
        ),
        "documents, by other benchmarks": len(natural & flagged),
    }


def ours(frame: pl.DataFrame, guard: str) -> dict[str, Any]:
    """`decontaminate` under a guard; the plain cap is the guard that takes no document for a copy."""
    whole = contamination.WHOLE
    contamination.WHOLE = 2 if guard.startswith("plain") else whole
    start = time.perf_counter()
    outcome = decontaminate(frame, against=AGAINST, max_frequency=GUARDS[guard])
    seconds = time.perf_counter() - start
    contamination.WHOLE = whole
    hits = outcome.evidence["hits"].filter(pl.col("verdict") == "contaminated")
    cuad = pl.col("benchmark").str.starts_with("cuad")
    found = tally(set(hits.filter(~cuad)["id"]), set(hits.filter(cuad)["id"]), frame)
    return found | {"seconds": round(seconds, 1)}


def speed(frame: pl.DataFrame) -> dict[str, Any]:
    """MB/s of one core looking for all benchmarks in a set, and of its tokenisation alone; medians of seven."""
    known = contamination.sought(AGAINST, 13)
    found = {}
    for name in ("opinions (US appellate)", "contracts (EDGAR)"):
        texts = frame.filter(pl.col("id").str.starts_with(name))["text"]
        seconds: dict[str, list[float]] = {"looking": [], "tokens": []}
        for _ in range(7):
            start = time.perf_counter()
            contamination.shared_runs(texts, known)
            middle = time.perf_counter()
            word_hashes(texts)
            seconds["looking"].append(middle - start)
            seconds["tokens"].append(time.perf_counter() - middle)
        megabytes = texts.str.len_bytes().sum() / 1e6
        found[name] = {what: round(megabytes / median(times)) for what, times in seconds.items()}
    return found


def datatrove(frame: pl.DataFrame) -> dict[str, Any]:
    """datatrove's filter on 12-grams, any of which condemns a document."""
    from datatrove.data import Document
    from datatrove.pipeline.decont.n_grams import NGramsDecontConfig, NGramsDecontFilter
    from datatrove.utils.hashing import HashConfig
    from datatrove.utils.text import ngrams, simplify_text

    class Split:
        def word_tokenize(self, text: str) -> list[str]:
            return text.split()

    texts = read_items(benchmarks(AGAINST))
    found: dict[bool, set[str]] = {True: set(), False: set()}
    start = time.perf_counter()
    for cuad in (False, True):
        config = NGramsDecontConfig(
            hash_config=HashConfig(hash_fc="sha1")
        )  # its xxhash fails from xxhash 4 on
        block: Any = NGramsDecontFilter(str(Path.cwd()), config)
        block.tokenizer, block._index_hashes = Split(), {}
        for text in texts.filter(pl.col("benchmark").str.starts_with("cuad") == cuad)["text"]:
            for gram in ngrams(simplify_text(text, block.config.norm_config).split(), block.config.n_grams):
                block._index_hashes[block.hash_func(" ".join(gram))] = "task"
        for key, text in frame.select("id", "text").iter_rows():
            if block.filter(Document(text=text, id=key)) is not True:
                found[cuad].add(key)
    return tally(found[False], found[True], frame) | {"seconds": round(time.perf_counter() - start, 1)}


def main(out: str | None) -> None:
    """All settings over one corpus."""
    frame = corpus()
    megabytes = frame["text"].str.len_bytes().sum() / 1e6
    ours(frame.head(10), "no guard")  # compiles
    results: dict[str, Any] = {"documents": frame.height, "megabytes": round(megabytes, 1)}
    results["MB/s"] = speed(frame)
    print(results["MB/s"])
    for guard in GUARDS:
        results[guard] = ours(frame, guard)
        print(guard, json.dumps(results[guard]), flush=True)
    results["datatrove, any 12-gram"] = datatrove(frame)
    print(json.dumps(results["datatrove, any 12-gram"]))
    if out:
        Path(out).write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else None)
