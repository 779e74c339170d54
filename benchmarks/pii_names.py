"""Names, measured: `python -m benchmarks.pii_names DATA [OUT.json]`, about a quarter of an hour on two idle cores.

Court cases, Wikipedia and loan agreements by five-fold cross-validation by document, everything that is chosen
being chosen within the training folds, with half as much invented text as the model that ships;
presidio-research's sentences, which nothing was trained on; speed on appellate opinions. OUT.json's neighbour
OUT.md shows the same as tables.
"""

from __future__ import annotations

import gzip
import json
import platform
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.pii_scores import Gold, by_entity, by_token, masked
from benchmarks.pii_spacy import Detector, presidio, small_pipeline, speed, trained_ner
from curate.models import name_corpora as corpora
from curate.models import train_names as training
from curate.pii.detect import Detector as PiiDetector
from curate.pii.detect import Settings
from curate.pii.names import ALL, BASIC, Names
from curate.pii.names.model import Embedded, Tagger, load
from curate.pii.spans import Span

FOLDS, NER_EPOCHS, WORKERS = 5, 4, 2
#: What presidio-research's sentences call things, in the names used here.
SENTENCES = {"GPE": "LOCATION", "ORGANIZATION": "ORGANIZATION", "PERSON": "PERSON", "STREET_ADDRESS": "STREET_ADDRESS",
             "DOMAIN_NAME": "URL"}  # fmt: skip


def embedded(entities: Sequence[str], model: Embedded | None = None) -> Detector:
    """The embedded recogniser of names alone."""
    return Names(model, entities=entities).find


def step(model: Embedded | None = None) -> Detector:
    """What the step `pii` finds with the preset `anonymise`: patterns, names, less what law only looks like."""
    made = PiiDetector(Settings(preset="anonymise", names=model is None))
    if model is not None:
        made._names = Names(model, entities=set(made.settings.scores) & set(ALL))
    return lambda texts: made.find(texts)[0]


def joined(patterns: Detector, names: Detector) -> Detector:
    """What patterns find and, where they find nothing, names."""

    def detect(texts: Sequence[str]) -> list[list[Span]]:
        out = []
        for found, also in zip(patterns(texts), names(texts)):
            kept: list[Span] = []
            for span in [*sorted(found, key=lambda s: (-s.score, s.start - s.end)), *also]:
                if all(span.end <= other.start or span.start >= other.end for other in kept):
                    kept.append(span)
            out.append(sorted(kept))
        return out

    return detect


def judged_fold(data: Path, fold: int, words: Any) -> dict[str, Any]:
    """What models trained without the documents of a fold find in them: spans by document, the recall chosen."""
    cases, others = corpora.cases(data), _others(data)
    kept = [case for k, case in enumerate(cases) if k % FOLDS != fold]
    marked = [(corpora.case_names(case), 1.0) for case in kept]
    for documents in others.values():
        marked += [(document, 1.0) for k, document in enumerate(documents) if k % FOLDS != fold]
    marked += [(document, 0.5) for document in corpora.invented(training.INVENTED // 2, 0, masks=False)]
    names = Tagger.of(training.train_names(marked, words))
    model = Embedded(words, names, Tagger.of(training.train_identifiers(kept, words)))
    ner = trained_ner([_private(case) for case in kept], NER_EPOCHS)
    ours, patterns = embedded(ALL, model), presidio()
    detectors = {"patterns": patterns, "spacy": presidio(ner), "names": ours, "both": joined(patterns, ours)}
    detectors["step"] = step(model)
    texts = [case["text"] for case in cases[fold::FOLDS]]
    out: dict[str, Any] = {name: detect(texts) for name, detect in detectors.items()}
    for name, documents in others.items():
        out[name] = embedded(BASIC[:3], model)([text for text, _ in documents[fold::FOLDS]])
    return out | {"recall": model.masks.recall}


def cross_validated(data: Path, words: Any) -> dict[str, Any]:
    """Scores on court cases, Wikipedia and loan agreements; every document is judged by models that never saw it."""
    with ProcessPoolExecutor(WORKERS) as pool:
        folds = list(pool.map(judged_fold, [data] * FOLDS, range(FOLDS), [words] * FOLDS))
    cases, others = corpora.cases(data), _others(data)
    out: dict[str, Any] = {"recall chosen, by fold": [fold["recall"] for fold in folds], "court cases": {}}
    for name in ("patterns", "spacy", "names", "both", "step"):
        out["court cases"][name] = masked(cases, _in_order(folds, name, len(cases)))
    for name, documents in others.items():
        spans = _in_order(folds, name, len(documents))
        out[name] = by_entity([marks for _, marks in documents], spans, BASIC[:3])
    return out


def _in_order(folds: Sequence[dict[str, Any]], name: str, count: int) -> list[list[Span]]:
    return [folds[k % FOLDS][name][k // FOLDS] for k in range(count)]


def _others(data: Path) -> dict[str, list[corpora.Document]]:
    return {
        name: corpora.conll(data / f"pii/ner_{name}.conll.gz") for name in ("wikigold", "sec_filings_fin5")
    }


def _private(case: dict[str, Any]) -> corpora.Document:
    text, spans = corpora.case_masks(case)
    return text, [span for span in spans if span[2] != corpora.NO_MASK]


def sentences(data: Path) -> dict[str, Any]:
    """Scores on presidio-research's labelled sentences, with Presidio's patterns and without names beside."""
    records = json.loads((data / "pii/presidio_synth_v2.json").read_text())
    texts = [record["full_text"] for record in records]
    gold: list[list[Gold]] = [
        [
            (s["start_position"], s["end_position"], SENTENCES.get(s["entity_type"], s["entity_type"]))
            for s in r["spans"]
        ]
        for r in records
    ]
    kinds = sorted({kind for spans in gold for _, _, kind in spans})
    wanted = [kind for kind in kinds if kind not in ("TITLE", "AGE", "ZIP_CODE", "NRP", "DATE_TIME")]
    patterns = presidio()
    out: dict[str, Any] = {}
    detectors = {"patterns": patterns, "names": embedded(BASIC), "both": joined(patterns, embedded(BASIC))}
    detectors["step"] = step()
    for name, detect in detectors.items():
        spans = detect(texts)
        scored = [[s for s in found if s.entity in kinds] for found in spans]
        out[name] = {
            "entities": by_entity(gold, spans, kinds),
            "tokens, any entity": by_token(texts, gold, scored, typed=False),
            "tokens, entity right": by_token(texts, gold, scored, typed=True),
            "tokens, any of " + ", ".join(wanted): by_token(
                texts,
                [[s for s in spans_ if s[2] in wanted] for spans_ in gold],
                [[s for s in found if s.entity in wanted] for found in spans],
                typed=False,
            ),
        }
    return out


def speeds(data: Path) -> dict[str, float]:
    """MB/s on appellate opinions, one thread each; spaCy on the first of them alone."""
    with gzip.open(data / "legal/us_federal_appellate_opinions.jsonl.gz") as lines:
        texts = [json.loads(line)["text"] for line in lines]
    megabytes, out = sum(len(text.encode()) for text in texts) / 1e6, {}
    for name, entities in (
        ("PERSON, STREET_ADDRESS", ("PERSON", "STREET_ADDRESS")),
        ("names", BASIC),
        ("all", ALL),
    ):
        detect = embedded(entities)
        detect(texts[:5])
        start = time.perf_counter()
        detect(texts)
        out[name] = round(megabytes / (time.perf_counter() - start), 2)
    out["spaCy, small pipeline"] = round(speed(small_pipeline(), texts[:12]), 4)
    out["ratio, names"] = round(out["names"] / out["spaCy, small pipeline"], 1)
    return out


def tables(results: dict[str, Any]) -> str:
    """The results in Markdown."""
    lines = [
        "| Court cases, cross-validated | DIRECT | QUASI | precision (DIRECT or QUASI) | precision (any) |",
        "|---|---|---|---|---|",
    ]
    called = {"patterns": "Presidio, no NER", "spacy": "Presidio, spaCy NER trained on the same folds",
              "names": "embedded", "both": "embedded and Presidio's patterns", "step": "the step"}  # fmt: skip
    for name, row in results["court cases"].items():
        recall, precision = row["recall"], row["precision"]
        cells = [recall["DIRECT all"]["recall"], recall["QUASI all"]["recall"], *precision.values()]
        lines.append(f"| {called[name]} | " + " | ".join(f"{cell:.3f}" for cell in cells) + " |")
    named = {"wikigold": results["wikigold"], "loan agreements": results["sec_filings_fin5"]}
    named["presidio-research, the step"] = results["sentences"]["step"]["entities"]
    for title, scored in named.items():
        lines += [
            "",
            f"| {title} | spans | exact P | R | F1 | overlap P | R | F1 |",
            "|---|---|---|---|---|---|---|---|",
        ]
        for kind, row in scored.items():
            cells = [*row["exact"].values(), *row["overlap"].values()]
            lines.append(f"| {kind} | {row['spans']} | " + " | ".join(f"{cell:.3f}" for cell in cells) + " |")
    lines += ["", "| presidio-research, words | P | R | F2 |", "|---|---|---|---|"]
    for name, row in results["sentences"].items():
        for way, cells in row.items():
            if way != "entities":
                lines.append(
                    f"| {name}: {way} | " + " | ".join(f"{cell:.3f}" for cell in cells.values()) + " |"
                )
    lines += ["", "| Speed on opinions, one core | MB/s |", "|---|---|"]
    return "\n".join([*lines, *(f"| {name} | {value} |" for name, value in results["speed"].items())]) + "\n"


def main(data: str, out: str = "benchmarks/results/pii_names.json") -> None:
    load()
    results = {"machine": f"{platform.machine()}, Python {platform.python_version()}"}
    words = training.lexicon(list(training.plain(Path(data))))
    results |= cross_validated(Path(data), words) | {
        "sentences": sentences(Path(data)),
        "speed": speeds(Path(data)),
    }
    Path(out).write_text(json.dumps(results, indent=1) + "\n")
    Path(out).with_suffix(".md").write_text(tables(results))


if __name__ == "__main__":
    main(*sys.argv[1:])
