"""Training of classifiers: split, balance, measures, files."""

import gzip
import json
import random

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import f1_score, precision_score, recall_score, roc_auc_score

from curate.classifier import measure, train
from curate.errors import ConfigError
from curate.steps.classify import classify

pytest.importorskip("fasttext")  # no wheels from Python 3.13 on


def sentences(words: str, n: int, seed: int) -> list[str]:
    rng = random.Random(seed)
    return [" ".join(rng.choices(words.split(), k=12)) + f" {i}" for i in range(n)]


LAW = sentences("court statute appeal the holds judgment plaintiff of section", 150, 1)
SPAM = sentences("click prize free win the now offer of cash", 60, 2)


@pytest.fixture
def heaps(tmp_path):
    (tmp_path / "law.jsonl").write_text(
        "\n".join(json.dumps({"text": text}) for text in [*LAW, LAW[0], "both"])
    )
    with gzip.open(tmp_path / "spam.jsonl.gz", "wt") as file:
        file.write("\n".join(json.dumps({"text": text}) for text in [*SPAM, "both"]))
    return tmp_path


def test_trains_judges_and_writes(heaps):
    out = heaps / "models" / "model.bin"
    report = train([str(heaps / "law.jsonl")], [str(heaps / "spam.jsonl.gz")], str(out))
    assert report["texts"] == {"positive": 152, "negative": 61, "repeated": 1, "in_both": 2}
    held = report["held_out"]
    assert held["positive"] + held["negative"] + report["trained_on"] == 210
    assert held["auc"] > 0.95 and held["f1"] > 0.9
    assert [row["threshold"] for row in held["thresholds"]] == sorted(
        row["threshold"] for row in held["thresholds"]
    )
    assert json.loads(out.with_suffix(".json").read_text()) == report
    frame = pl.DataFrame({"text": ["the court holds judgment", "free prize click now"]})
    assert classify(frame, model=str(out), min_score=0.5).kept.height == 1


def test_the_same_input_gives_the_same_model(heaps):
    paths = [str(heaps / "law.jsonl")], [str(heaps / "spam.jsonl.gz")]
    one = train(*paths, str(heaps / "a.bin"))
    two = train(*paths, str(heaps / "b.bin"))
    assert one["sha256"] == two["sha256"]


def test_too_few_texts_and_missing_files_are_errors_of_the_user(heaps):
    (heaps / "few.jsonl").write_text('{"text": "one text"}\n')
    with pytest.raises(ConfigError, match="too few positive texts: 1 read"):
        train([str(heaps / "few.jsonl")], [str(heaps / "spam.jsonl.gz")], str(heaps / "m.bin"))
    with pytest.raises(ConfigError, match="negative texts: no file matches"):
        train([str(heaps / "law.jsonl")], [str(heaps / "none*")], str(heaps / "m.bin"))


def test_measures_equal_those_of_scikit_learn():
    rng = np.random.default_rng(0)
    truth = rng.random(300) < 0.3
    scores = np.round(np.clip(truth * 0.3 + rng.random(300) * 0.7, 0, 1), 1)  # with ties
    found = measure(scores, truth)
    assert found["auc"] == pytest.approx(roc_auc_score(truth, scores), abs=1e-4)
    assert found["precision"] == pytest.approx(precision_score(truth, scores >= 0.5), abs=1e-4)
    assert found["recall"] == pytest.approx(recall_score(truth, scores >= 0.5), abs=1e-4)
    best = max(f1_score(truth, scores >= t) for t in np.unique(scores))
    assert found["best"]["f1"] == pytest.approx(best, abs=1e-4)
    assert found["thresholds"][7]["kept"] == pytest.approx((scores >= 0.5).mean(), abs=1e-4)


@pytest.mark.slow
def test_real_spam_is_told_apart(real, tmp_path):
    rows = [line.split(",", 1) for line in real("quality/sms_spam.csv").read_text("latin-1").splitlines()[1:]]
    for kind in ("ham", "spam"):
        texts = [
            json.dumps({"body": text.strip('",')})
            for label, text in (r for r in rows if len(r) == 2)
            if label == kind
        ]
        (tmp_path / f"{kind}.jsonl").write_text("\n".join(texts))
    paths = [str(tmp_path / "ham.jsonl")], [str(tmp_path / "spam.jsonl")]
    held = train(*paths, str(tmp_path / "m.bin"), columns={"text": "body"})["held_out"]
    assert held["auc"] > 0.97 and held["precision"] > 0.97 and held["recall"] > 0.97
