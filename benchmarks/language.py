"""Language identification, candidates side by side: `python -m benchmarks.language DATA [OUT.json]`.

Every text is held out from the embedded model's training (`curate.models.train_language`); contracts,
judgments in Spanish and upper-cased contracts come from sets it never saw. A candidate that is not installed
is left out: `pip install pycld2 py3langid`. One core; every candidate reads at most the 3,000 characters that
the step reads.
"""

from __future__ import annotations

import gzip
import json
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import polars as pl

from curate.models.train_language import documents, held_out, records, snippets

Judge = Callable[[list[str]], list[str]]

#: Written forms that no candidate is asked to tell apart.
SAME = {"no": "nb", "iw": "he", "zh-Hant": "zh", "fil": "tl", "bs": "hr", "in": "id", "jw": "jv"}
LENGTHS = (50, 100, 300, 1000)


def embedded() -> Judge:
    from curate.steps.language import language

    def judge(texts: list[str]) -> list[str]:
        outcome = language(pl.DataFrame({"text": texts}), keep=["en"], min_score=0)
        both = pl.concat([outcome.kept.select("id", "language"), outcome.dropped.select("id", "language")])
        return both.sort(pl.col("id").cast(pl.Int64))["language"].to_list()

    return judge


def cld2() -> Judge:
    import pycld2

    def judge(texts: list[str]) -> list[str]:
        found = []
        for text in texts:
            try:
                found.append(
                    pycld2.detect("".join(c for c in text[:3000] if c.isprintable() or c == "\n"))[2][0][1]
                )
            except pycld2.error:
                found.append("error")
        return found

    return judge


def langid() -> Judge:
    import py3langid

    return lambda texts: [py3langid.classify(text[:3000])[0] for text in texts]


def fasttext_same_data(data: Path) -> Judge:
    """A supervised fastText model of the usual settings for languages, trained on the embedded model's data."""
    import tempfile

    import fasttext

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "train.txt"
        with path.open("w") as file:
            for language, text in snippets(data, np.random.default_rng(0)):
                file.write(f"__label__{language} {' '.join(text.split())}\n")
        model = fasttext.train_supervised(
            str(path),
            dim=16,
            minn=2,
            maxn=4,
            bucket=200_000,
            epoch=25,
            lr=0.5,
            loss="softmax",
            thread=1,
            verbose=0,
        )
        model.quantize(str(path), retrain=False, cutoff=50_000, qnorm=True)

    def judge(texts: list[str]) -> list[str]:
        labels, _ = model.predict([" ".join(text[:3000].split()) for text in texts])
        return [label[0].removeprefix("__label__") if label else "und" for label in labels]

    return judge


def sets(data: Path) -> Iterator[tuple[str, str, str]]:
    """(set, language, text)."""
    rng = np.random.default_rng(1)
    for language, name, text in documents(data):
        if not held_out(text) or not text.strip():
            continue
        yield name, language, text
        if name not in ("sentences", "declaration"):
            yield from cuts(language, text, rng)
    for name in ("contracts_edgar", "cuad_contracts"):
        for record in records(data / f"legal/{name}.jsonl.gz"):
            text = record["text"]
            yield name, "en", text
            yield f"{name}, capitals", "en", text.upper()
            yield from cuts("en", text, rng)
    for language in ("es", "fr"):
        with gzip.open(data / f"pii/echr_{language}_manual_train.tsv.gz", "rt") as file:
            words = [line.split()[0] for line in file if line.strip()]
        for start in range(0, len(words), 200):
            text = " ".join(words[start : start + 200])
            yield f"echr_{language}", language, text
            yield from cuts(language, text, rng)


def cuts(language: str, text: str, rng: np.random.Generator) -> Iterator[tuple[str, str, str]]:
    """Pieces of fixed lengths, to see accuracy by length; more of the rarer languages' longer documents."""
    for length in LENGTHS:
        for _ in range(min(1 if language == "en" else 20, len(text) // length)):
            start = int(rng.integers(0, len(text) - length + 1))
            yield f"{length} characters of law, {language}", language, text[start : start + length]


def main(data: str, out: str = "") -> None:
    folder = Path(data)
    rows = list(sets(folder))
    texts = [text for *_, text in rows]
    makers = {
        "embedded": embedded,
        "cld2": cld2,
        "langid": langid,
        "fasttext": lambda: fasttext_same_data(folder),
    }
    table: dict[str, dict[str, float]] = defaultdict(dict)
    for name, make in makers.items():
        try:
            judge = make()
        except ImportError:
            continue
        judge(texts[:20])
        found = judge(texts)
        right: dict[str, list[bool]] = defaultdict(list)
        for (set_, language, text), guess in zip(rows, found):
            if any(c.isalpha() for c in text):
                right[set_].append(SAME.get(guess, guess) == SAME.get(language, language))
        for set_, hits in right.items():
            table[set_][name] = round(100 * sum(hits) / len(hits), 1)
            table[set_]["texts"] = len(hits)
        for set_ in ("contracts_edgar", "us_dc_code"):
            some = [text for which, _, text in rows if which == set_]
            size = sum(len(text.encode()) for text in some)
            some = some * max(1, 5_000_000 // size)
            begin = time.process_time()
            judge(some)
            table[f"MB/s, {set_}"][name] = round(
                sum(len(t.encode()) for t in some) / 1e6 / (time.process_time() - begin), 1
            )
    names = [name for name in makers if any(name in row for row in table.values())]
    print(f"| set | texts | {' | '.join(names)} |\n|---|---|{'---|' * len(names)}")
    for set_, row in table.items():
        print(f"| {set_} | {row.get('texts', '')} | {' | '.join(str(row.get(name, '')) for name in names)} |")
    if out:
        Path(out).write_text(json.dumps(table, indent=1) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
