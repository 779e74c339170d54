"""Gates: every collapsed set is caught, every honest one passes; limits, faults and what is told."""

from __future__ import annotations

import random

import numpy as np
import polars as pl
import pytest

from benchmarks import echo_sets as sets
from curate.yamlfile import YamlFile
from synth.gates import Bounds, Gates, Limit, Prompt, checked, judge, refusal
from synth.measures.compare import Measure, Sampling, measures
from synth.measures.mixture import Mixture

#: Small, so that the tests are quick; the verdicts of the page come from the defaults.
SAMPLING = Sampling(words=40_000, corpus_words=400_000, texts=300, clusters=20, pieces=600)


def lexicon(size: int) -> list[str]:
    rng = random.Random(0)
    syllables = [a + b for a in "bcdfglmnprstv" for b in "aeiou"]
    return sorted({"".join(rng.choices(syllables, k=rng.choice([2, 3, 3, 4]))) for _ in range(size)})


WORDS = lexicon(6000)
ASKS = "what when why which how who where list describe compare name tell".split()


def told(rng: np.random.Generator, topic: int, count: int) -> str:
    """Sentences whose words follow Zipf's law, half of them a topic's own."""
    ranks = np.minimum(rng.zipf(1.25, count), 2500)
    own = rng.random(count) < 0.5
    words = [WORDS[(r + (400 * topic if o and r > 20 else 0)) % len(WORDS)] for r, o in zip(ranks, own)]
    cuts = np.cumsum(rng.integers(6, 22, count))
    ends = set(cuts.tolist())
    return " ".join(w + "." if i in ends else w for i, w in enumerate(words)) + "."


def corpus(seed: int = 1) -> list[str]:
    rng = np.random.default_rng(seed)
    return [told(rng, int(rng.integers(12)), int(rng.integers(300, 1500))) for _ in range(300)]


def honest(seed: int = 2, count: int = 600) -> list[sets.Row]:
    rng, other = np.random.default_rng(seed), random.Random(seed)
    found = []
    for _ in range(count):
        topic = int(rng.integers(12))
        question = f"{other.choice(ASKS)} {told(rng, topic, int(rng.integers(5, 15))).rstrip('.')}?"
        found.append((question, told(rng, topic, int(rng.integers(8, 70))), ""))
    return found


def refused(rows: list[sets.Row], human: list[str]) -> list[str]:
    frame, gates = sets.frame(rows), Gates(sampling=SAMPLING)
    verdicts = judge(frame, measures(frame, human, gates.sampling), gates)
    return [v.gate for v in verdicts if v.passed is False]


@pytest.fixture(scope="module")
def human() -> list[str]:
    return corpus()


def test_an_honest_set_passes(human):
    assert refused(honest(), human) == []


@pytest.mark.parametrize("name", ["templates", "few_answers", "shuffles", "copies", "one_topic"])
def test_a_collapsed_set_is_caught(name, human):
    rng, rows = random.Random(3), honest()
    made = {
        "templates": lambda: sets.templates(rows, rng),
        "few_answers": lambda: sets.few_answers(rows, rng),
        "shuffles": lambda: sets.shuffles(rows, rng),
        "copies": lambda: sets.copies(human, rows, rng),
        "one_topic": lambda: sets.one_topic(human, rng),
    }[name]()
    found = refused(made, human)
    assert found and (name != "copies" or "answer.copied_runs" in found)


@pytest.mark.parametrize("sharp", [1.0, 1.5])
def test_a_generator_that_feeds_on_its_own_output_is_caught_by_the_fifth_round(sharp, human):
    *_, last = sets.self_fed(honest(count=300), random.Random(4), 5, sharp, count=300)
    assert refused(last, human)


def test_real_sets_pass_and_what_collapses_from_them_is_caught():
    if not sets.DATA.is_dir():
        pytest.skip("needs the real sets beside the checkout")
    found = {name: [row for row in rows if row[1].strip()][:400] for name, rows in sets.instructions()}
    general = sets.general_corpus()[::10]
    for name, rows in found.items():
        assert refused(rows, general) == [], name
    rng, rows = random.Random(5), found["alpaca demo (model)"]
    collapsed = {
        "few answers": sets.few_answers(rows, rng)[:400],
        "copies": sets.copies(general, rows, rng)[:200],
        "shuffles": sets.shuffles(rows, rng)[:400],
        "self-fed": [*sets.self_fed(rows, rng, 5, 1.0, count=300)][-1],
    }
    assert {kind: bool(refused(made, general)) for kind, made in collapsed.items()} == dict.fromkeys(
        collapsed, True
    )


# limits and what is told

ROWS = pl.DataFrame(
    {"id": ["a", "b"], "prompt": ["Who pays the rent?", "Who pays the fee?"], "answer": ["x " * 200, "y"]}
)


def verdicts(gates: Gates, *measured: Measure, mixture: Mixture | None = None):
    return {v.gate: v for v in judge(ROWS, measured, gates, mixture)}


def only(**limits) -> Gates:
    blank = dict.fromkeys(Prompt.model_fields)
    return Gates(
        prompt=blank | limits,
        answer=blank | {"copied_ngrams": None, "copied_runs": None},
        topic_coverage=None,
    )


def test_a_limit_is_absolute_or_relative_to_human_text():
    own = Measure("prompt", "vendi", 30.0, 60.0, (1,))
    for limit, passed in (
        ({"min": 30}, True), ({"min": 31}, False), ({"max": 29}, False), ({"min_ratio": 0.5}, True),
        ({"min_ratio": 0.6}, False), ({"max_ratio": 0.4}, False), ({"min": 10, "max_ratio": 1}, True),
    ):  # fmt: skip
        assert verdicts(only(vendi=limit), own)["prompt.vendi"].passed is passed, limit
    zero = Measure("prompt", "near_duplicates", 0.1, 0.0, ())
    assert verdicts(only(near_duplicates={"max_ratio": 9}), zero)["prompt.near_duplicates"].passed is False
    none = Measure("prompt", "near_duplicates", 0.0, 0.0, ())
    assert verdicts(only(near_duplicates={"max_ratio": 9}), none)["prompt.near_duplicates"].passed is True


def test_a_refusal_names_numbers_and_the_worst_examples():
    gates = only(vendi={"min_ratio": 0.6}, top_opening={"max": 0.2}, self_bleu={"max": 0.5})
    found = verdicts(
        gates,
        Measure("prompt", "vendi", 30.0, 60.0, (1, 0)),
        Measure("prompt", "top_opening", 1.0, 0.01, (0,)),
    )
    assert refusal(list(found.values())) == (
        "2 of 3 gates said no\n"
        "prompt.vendi: 30, human text of equal size 60 (min_ratio 0.6)\n"
        '    b: "Who pays the fee?"\n'
        '    a: "Who pays the rent?"\n'
        "prompt.top_opening: 1, human text of equal size 0.01 (max 0.2)\n"
        '    a: "Who pays the"'
    )
    assert found["prompt.self_bleu"].passed is None and "too little text" in str(found["prompt.self_bleu"])
    assert found["prompt.vendi"].as_dict()["examples"][0] == {"id": "b", "text": "Who pays the fee?"}
    assert refusal([found["prompt.self_bleu"]]) == ""


def test_long_examples_are_cut():
    gates = Gates(answer={"distinct_1": {"min": 0.5}})
    found = verdicts(gates, Measure("answer", "distinct_1", 0.1, 0.9, (0,)))
    assert len(found["answer.distinct_1"].examples[0]["text"]) == 160


def test_a_mixture_has_limits_of_its_own():
    gates = Gates(synthetic_share=Bounds(max=0.5), deep_share=Bounds(max=0.1), max_depth=Bounds(max=1))
    found = verdicts(gates, mixture=Mixture(0.6, 0.05, 2))
    assert [found[n].passed for n in ("synthetic_share", "deep_share", "max_depth")] == [False, True, False]
    assert verdicts(gates)["synthetic_share"].passed is None
    assert verdicts(gates, mixture=Mixture(0.0, 0.0, None))["max_depth"].passed is True


def test_yaml_is_checked_with_the_nearest_name():
    yml = YamlFile("x.yaml", {})
    raw = {
        "answr": {},
        "prompt": {"vendy": {"min": 1}, "vendi": {}},
        "answer": {"copied_runs": {"max_ratio": 2}},
    }
    assert checked(yml, ("gates",), raw) is None
    told = "\n".join(map(str, yml.faults))
    assert "did you mean 'answer'?" in told and "did you mean 'vendi'?" in told
    assert "a limit has one of min, max, min_ratio, max_ratio" in told and "unknown key 'max_ratio'" in told
    fine = YamlFile("x.yaml", {})
    gates = checked(fine, ("gates",), {"prompt": {"vendi": None}, "topic_coverage": {"min": 0.5}})
    assert not fine.faults and gates and gates.prompt.vendi is None and gates.topic_coverage == Limit(min=0.5)
    assert gates.answer == Gates().answer
    assert checked(fine, ("gates",), False) is None and checked(fine, ("gates",), None) == Gates()
