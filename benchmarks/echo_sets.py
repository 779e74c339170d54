"""Honest sets and collapsed generators, as rows (`id`, `prompt`, `answer`, `source`): what the gates are chosen by."""

from __future__ import annotations

import csv
import gzip
import json
import random
import re
import tarfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import polars as pl

from benchmarks.legal_sets import DATA as LEGAL

DATA = LEGAL.parent
Row = tuple[str, str, str]  # prompt, answer, source


def frame(rows: Sequence[Row]) -> pl.DataFrame:
    """Rows as gates take them."""
    named = pl.DataFrame(rows, schema=["prompt", "answer", "source"], orient="row")
    return named.with_columns(id=pl.int_range(pl.len()).cast(pl.String))


# human text


def general_corpus() -> list[str]:
    """News, questions and answers, web pages and encyclopaedia."""
    found = []
    with tarfile.open(DATA / "general" / "bbc_news_txt.tar.gz") as archive:
        for member in archive:
            if member.name.endswith(".txt") and (file := archive.extractfile(member)):
                found.append(file.read().decode("utf-8", "replace"))
    for name in ("c4_demo", "stack_exchange_sample"):
        with open(DATA / "general" / f"{name}.jsonl", encoding="utf-8") as lines:
            found += [text for line in lines if (text := json.loads(line).get("text"))]
    return found


def legal_documents(
    names: Sequence[str] = ("contracts_edgar", "us_federal_appellate_opinions", "ie_acts_md"),
) -> list[str]:
    """Contracts, opinions and acts, taken in turns."""
    found = []
    for name in names:
        with gzip.open(LEGAL / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
            found.append([text for line in lines if (text := json.loads(line)["text"]).strip()][:140])
    return [texts[i] for i in range(140) for texts in found if i < len(texts)]


def court_corpus() -> list[str]:
    """Oral arguments and opinions, taken in turns."""
    return legal_documents(("scotus_oral_arguments", "us_federal_appellate_opinions"))


# honest sets


def instructions() -> Iterator[tuple[str, list[Row]]]:
    """Sets of instructions: written by people, and by good models."""
    folder = DATA / "instruct"
    with gzip.open(folder / "dolly_sample.csv.gz", "rt", encoding="utf-8") as file:
        dolly = [(r["instruction"], r["response"], r["context"]) for r in csv.DictReader(file)]
    yield "dolly (people)", dolly
    alpaca = json.loads((folder / "alpaca_en_demo.json").read_text(encoding="utf-8"))
    yield "alpaca demo (model)", [(r["instruction"], r["output"], r["input"]) for r in alpaca]
    pairs = json.loads((folder / "dpo_en_demo.json").read_text(encoding="utf-8"))
    yield (
        "dpo demo, chosen (models)",
        [(r["conversations"][-1]["value"], r["chosen"]["value"], "") for r in pairs],
    )
    lines = (folder / "self_instruct_user_oriented.jsonl").read_text(encoding="utf-8").splitlines()
    user = [json.loads(line) for line in lines]
    yield (
        "user-oriented (people)",
        [(r["instruction"], r["instances"][0]["output"], r["instances"][0]["input"]) for r in user],
    )


def arguments() -> list[Row]:
    """What justices ask and advocates answer before the Supreme Court, at least eight words each."""
    found = []
    with gzip.open(LEGAL / "scotus_oral_arguments.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            turns = [t.partition(": ")[2] for t in json.loads(line)["text"].split("\n")]
            for question, answer in pairwise(turns):
                if question.rstrip().endswith("?") and min(len(question.split()), len(answer.split())) >= 8:
                    found.append((question, answer, ""))
    random.Random(1).shuffle(found)
    return found[:1500]


def mined(documents: Sequence[str]) -> list[Row]:
    """What the embedded generator makes, at most six rows of a document."""
    from synth.mine import mine

    rng, found = random.Random(1), []
    for number, text in enumerate(documents):
        made = [
            s
            for s in mine(str(number), text, source="legal", seed=number)
            if s.completion and s.rejected is None
        ]
        for sample in rng.sample(made, min(6, len(made))):
            found.append((_asked(sample), str(sample.completion), text))
    return found


def _asked(sample: Any) -> str:
    """The question without a passage that is shown with it: the shortest paragraph of the last turn."""
    return min(sample.prompt[-1].content.split("\n\n"), key=len)


# collapsed generators


def templates(rows: Sequence[Row], rng: random.Random) -> list[Row]:
    """Five questions and five answers with a word in them."""
    words = sorted({w for row in rows for w in re.findall(r"\b[a-z]{5,}\b", row[1])})
    asks = [
        "What is {}?",
        "Explain the meaning of {}.",
        "Why does {} matter?",
        "Give an example of {}.",
        "Define {}.",
    ]
    tells = [
        "{} is an important concept that plays a key role in many different contexts.",
        "It is important to understand that {} can be seen in a wide range of situations.",
        "There are many reasons why {} matters, and each of them is worth considering.",
        "One example of {} is when people use it in their daily lives to achieve their goals.",
        "In simple terms, {} refers to a process that helps people to understand the world.",
    ]
    return [(rng.choice(asks).format(w), rng.choice(tells).format(w), "") for w in rng.choices(words, k=1000)]


def few_answers(rows: Sequence[Row], rng: random.Random) -> list[Row]:
    """Honest questions, twenty answers."""
    answers = rng.sample([row[1] for row in rows if len(row[1].split()) > 8], 20)
    return [(row[0], rng.choice(answers), "") for row in rng.choices(rows, k=1000)]


def copies(documents: Sequence[str], rows: Sequence[Row], rng: random.Random) -> list[Row]:
    """Honest questions, answered by 150 words of a document as they stand."""
    found = []
    for question in rng.choices([row[0] for row in rows], k=1000):
        words = rng.choice(documents).split(" ")
        at = rng.randrange(max(1, len(words) - 150))
        piece = " ".join(words[at : at + 150])
        found.append((question, piece, " ".join(words[max(0, at - 50) : at + 200])))
    return found


def shuffles(rows: Sequence[Row], rng: random.Random) -> list[Row]:
    """Forty rows, twenty-five times each: their words in another order within each sentence, some left out."""
    chosen = rng.sample([row for row in rows if len(row[1].split()) > 12], 40)

    def other(text: str) -> str:
        sentences = re.split(r"(?<=[.!?])\s+", text)
        rng.shuffle(sentences)
        kept = [[w for w in s.split() if rng.random() > 0.1] for s in sentences]
        for words in kept:
            rng.shuffle(words)
        return " ".join(" ".join(words) for words in kept)

    return [(other(row[0]), other(row[1]), "") for row in chosen * 25]


def one_topic(documents: Sequence[str], rng: random.Random) -> list[Row]:
    """Questions about one document: what it says, sentence by sentence."""
    longest = max(documents[:200], key=len)
    sentences = [s for s in re.split(r"(?<=[.;])\s+", longest) if 10 < len(s.split()) < 80]
    chosen = rng.sample(sentences, min(600, len(sentences)))
    return [(f"What follows from {' '.join(s.split()[:4])}?", s, "") for s in chosen]


def self_fed(
    rows: Sequence[Row], rng: random.Random, rounds: int, sharp: float, count: int = 1000
) -> Iterator[list[Row]]:
    """A model of the next word given two, trained on `rows` and then on what it made, round after round.

    `sharp` is the power that probabilities are raised to, as a temperature of 1 / `sharp` does.
    """
    now = [(row[0], row[1]) for row in rows if row[0].strip() and row[1].strip()]
    for _ in range(rounds):
        counts: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        for prompt, answer in now:
            words = ["<", "<", *prompt.split(), "|", *answer.split()[:120], ">"]
            for a, b, c in zip(words, words[1:], words[2:]):
                counts[a, b][c] += 1
        table = {k: (list(c), [n**sharp for n in c.values()]) for k, c in counts.items()}
        now = []
        while len(now) < count:
            words = ["<", "<"]
            while words[-1] != ">" and len(words) < 200:
                options, weights = table[words[-2], words[-1]]
                words.append(rng.choices(options, weights)[0])
            prompt, _, answer = " ".join(words[2:]).removesuffix(" >").partition(" | ")
            if prompt and answer:
                now.append((prompt, answer))
        yield [(prompt, answer, "") for prompt, answer in now]
