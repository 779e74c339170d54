"""What-if: equal to a run with the other settings where it says that it is exact; clear where it cannot tell."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from helpers import build, rows, write_jsonl, write_pipeline

from curate import manifest
from curate.errors import ConfigError
from curate.whatif import Tried, whatif
from curate.whatif import revived as revived_documents
from curate.whatif.told import as_object, text

ENGLISH = "the court of appeal has held that a party to this contract may not rely on it and must pay".split()
GERMAN = (
    "das gericht hat entschieden dass eine partei dieses vertrages sich nicht darauf berufen kann".split()
)

LOCAL = [
    {"language": {"keep": ["en"], "min_score": 0.6}},
    "signals",
    {"quality": {"preset": "gopher", "min_words": 40, "max_top_2gram_char_fraction": 0.2}},
    {"where": "signals.words < 300"},
    {"sample": {"rate": 0.9, "seed": 3}},
]
WHOLE = [*LOCAL[:3], "exact_duplicates", {"near_duplicates": {"threshold": 0.7}}, LOCAL[3]]


def documents() -> list[dict[str, str]]:
    """Short and long ones, in two languages and in both, some repetitive, some the same or nearly so."""
    chance, out = random.Random(5), []
    for i in range(240):
        words = ENGLISH if i % 5 else GERMAN
        if i % 11 == 0:
            words = ENGLISH + GERMAN
        made = [chance.choice(words) for _ in range(chance.choice((8, 25, 38, 45, 90, 350)))]
        if i % 13 == 0:
            made = (made[:4] * 40)[: len(made)]
        out.append(
            {"id": f"d{i}", "text": ". ".join(" ".join(made[j : j + 9]) for j in range(0, len(made), 9))}
        )
    for i in range(0, 60, 4):
        first = out[i]["text"]
        out.append({"id": f"copy{i}", "text": first if i % 8 else first + " and nothing else was said"})
    return out


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("whatif")
    every = documents()
    write_jsonl(path / "one.jsonl", every[:150])
    write_jsonl(path / "two.jsonl", every[150:])
    return path


def run(folder: Path, name: str, steps: list[Any], **output: Any) -> str:
    sources = [{"name": n, "path": str(folder / f"{n}.jsonl")} for n in ("one", "two")]
    stage = {"sources": sources, "steps": steps} | ({"output": output} if output else {})
    return str(build(write_pipeline(folder / f"{name}.yaml", {"corpus": stage}), folder / name)["path"])


@pytest.fixture(scope="module")
def local(folder: Path) -> str:
    return run(folder, "local", LOCAL)


@pytest.fixture(scope="module")
def whole(folder: Path) -> str:
    return run(folder, "whole", WHOLE)


def changed(steps: list[Any], asked: dict[str, Any]) -> list[Any]:
    """`steps` with other parameters, as a pipeline would have them."""
    out = []
    for use in steps:
        name, given = (use, {}) if isinstance(use, str) else next(iter(use.items()))
        given = {"expr": given} if isinstance(given, str) else dict(given)
        given |= {k.partition(".")[2]: v for k, v in asked.items() if k.partition(".")[0] == name}
        out.append({name: given} if given else name)
    return out


def tell(asked: dict[str, Any]) -> list[str]:
    return [f"{name}={'null' if value is None else value}" for name, value in asked.items()]


def fates(path: str) -> dict[str, str]:
    """Where each document ended."""
    kept = dict.fromkeys(rows(path)["id"].to_list(), "kept")
    gone = rows(path, "dropped")
    return kept | {i: f"{s}: {r}" for i, s, r in gone.select("id", "step", "reason").iter_rows()}


def moves(tried: Tried) -> dict[str, str]:
    told = tried.moved.select("id", "now_step", "now_reason").iter_rows()
    return {name: "kept" if step is None else f"{step}: {reason}" for name, step, reason in told}


ASKED: list[dict[str, Any]] = [
    {"quality.min_words": 60},
    {"quality.min_words": 20},
    {"quality.min_words": None},
    {"quality.preset": "legal"},
    {"quality.max_top_2gram_char_fraction": 0.05, "sample.rate": 0.5},
    {"sample.rate": 1.0},
    {"language.min_score": 0.95},
    {"language.min_score": 0.0, "quality.min_words": 30},
    {"language.keep": ["en", "de"]},
    {"where.expr": "signals.words < 60"},
    {"where.expr": "signals.words < 400", "quality.min_words": 50, "language.min_score": 0.3},
]


@pytest.mark.parametrize("asked", ASKED, ids=str)
def test_it_equals_a_run_with_these_settings(folder: Path, local: str, asked: dict[str, Any]) -> None:
    """No step looks at the whole corpus: every document's fate is exact, that of those that come back too."""
    tried = whatif(local, tell(asked))
    again = run(folder, "again", changed(LOCAL, asked))
    was, now, found = fates(local), fates(again), manifest.read(again)
    assert found is not None
    assert tried.exact and not tried.notes
    assert {name: end for name, end in now.items() if was[name] != end} == moves(tried) != {}
    assert tried.kept == (
        sum(end == "kept" for end in was.values()),
        sum(end == "kept" for end in now.values()),
    )
    assert [step["now"] for step in tried.steps] == [
        {"in": s["in"], "dropped": s["dropped"]} for s in found["steps"]
    ]
    assert {s["source"]: s["now"] for s in tried.sources} == {
        n: a["kept"] for n, a in found["sources"].items()
    }


@pytest.mark.parametrize(
    "asked", [{"quality.min_words": 60}, {"quality.min_words": 20, "language.min_score": 0.0}], ids=str
)
def test_it_is_exact_up_to_the_first_step_for_the_whole_corpus(
    folder: Path, whole: str, asked: dict[str, Any]
) -> None:
    tried = whatif(whole, tell(asked))
    found = manifest.read(run(folder, "again", changed(WHOLE, asked)))
    assert found is not None
    assert [step["exact"] for step in tried.steps] == [
        True,
        True,
        True,
        False,
        False,
        False,
    ] and not tried.exact
    for told, real in zip(tried.steps[:3], found["steps"]):
        assert told["now"] == {"in": real["in"], "dropped": real["dropped"]}
    assert tried.steps[3]["now"]["in"] == found["steps"][3]["in"]
    assert abs(tried.kept[1] - found["totals"]["kept"]) <= 0.2 * found["totals"]["kept"]
    assert "≈" in text(tried, 3)


def test_the_next_of_a_cluster_stands_in_for_one_that_goes(tmp_path: Path) -> None:
    """The longer twin stays; without it, the shorter one does, and a run says the same."""
    words = [f"w{i}" for i in range(60)]
    twins = [" ".join(words) + " and more", " ".join(words)]
    others = [" ".join(f"x{j}{i}" for j in range(30)) for i in range(5)]
    write_jsonl(tmp_path / "one.jsonl", [{"id": f"d{i}", "text": t} for i, t in enumerate([*twins, *others])])
    write_jsonl(tmp_path / "two.jsonl", [{"id": "d", "text": "nothing like it at all"}])
    steps = [
        "signals",
        {"quality": {"preset": "c4", "min_c4_sentences": None, "max_words": 100}},
        "near_duplicates",
    ]
    made = run(tmp_path, "was", steps)
    assert rows(made, "dropped")["duplicate_of"].to_list() == ["one/one.jsonl#0"]
    tried = whatif(made, ["quality.max_words=61"])
    assert moves(tried) == {"one/one.jsonl#0": "quality: max_words", rows(made, "dropped")["id"][0]: "kept"}
    asked: Any = {"quality": {"preset": "c4", "min_c4_sentences": None, "max_words": 61}}
    assert manifest.read(run(tmp_path, "now", [steps[0], asked, steps[2]]))["totals"]["kept"] == tried.kept[1]  # type: ignore[index]


def test_a_higher_threshold_of_similarity_brings_back_what_is_below_it(whole: str) -> None:
    gone = rows(whole, "dropped").filter(pl.col("step") == "near_duplicates")
    below = gone.filter(pl.col("similarity") < 0.9)["id"].to_list()
    tried = whatif(whole, ["near_duplicates.threshold=0.9"])
    assert 0 < len(below) < gone.height and set(tried.moved["id"]) == set(below) and not tried.exact


def test_too_many_that_come_back_are_sampled(local: str, monkeypatch: pytest.MonkeyPatch) -> None:
    exactly = whatif(local, ["language.keep=[en, de]", "quality.min_words=0"])
    monkeypatch.setattr(revived_documents, "MOST", 15)
    monkeypatch.setattr("curate.whatif.trying.MOST", 15)
    tried = whatif(local, ["language.keep=[en, de]", "quality.min_words=0"])
    assert (
        "come back" in tried.notes[0] and not tried.exact and not any(step["exact"] for step in tried.steps)
    )
    assert abs(tried.kept[1] - exactly.kept[1]) < 0.4 * exactly.kept[1]


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("qualty.min_words=3", "no step 'qualty' (did you mean 'quality'?)"),
        ("quality.min_word=3", "no parameter 'min_word' (did you mean 'min_words'?)"),
        ("quality.min_words=many", "quality.min_words"),
        ("quality.preset=best", "preset"),
        ("min_words", "step.parameter=value"),
        ("quality.min_words=[", "no YAML value"),
        ("near_duplicates.threshold=0.5", "can only be tried higher"),
        ("near_duplicates.ngram=3", "looks at the whole corpus"),
        ("signals.x=1", "no parameter 'x'"),
        ("where.expr=words ><", "not an SQL expression"),
        ("where.expr=signals.wrds > 3", "wrds"),
        ("where.expr=wrds > 3", "wrds"),
    ],
)
def test_what_cannot_be_tried_is_said(whole: str, asked: str, told: str) -> None:
    with pytest.raises(ConfigError) as error:
        whatif(whole, [asked])
    assert told in str(error.value)


def test_a_column_that_was_left_out_is_named(folder: Path) -> None:
    made = run(folder, "slim", LOCAL[:3], columns=["id", "source", "text"])
    with pytest.raises(ConfigError, match=r"no column .signals.: output\.columns left it out"):
        whatif(made, ["quality.min_words=9"])


def test_as_an_object_it_is_plain_json(local: str) -> None:
    import json

    told = json.loads(json.dumps(as_object(whatif(local, ["quality.min_words=60"]), 2), allow_nan=False))
    assert told["settings"] == {"quality.min_words": {"before": 40.0, "now": 60}}
    assert told["exact"] and len(told["documents"]) == 2 and told["kept"]["now"] < told["kept"]["before"]
