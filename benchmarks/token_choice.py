"""How far the choice of tokens alone moves the decisions of Gopher, C4 and FineWeb on legal text.

    python benchmarks/token_choice.py

Runs datatrove's four filters and the plain twin of `signals` + `quality` with three sorts of tokens, and writes two
tables into docs/signals.md: how often the twin, given datatrove's tokens, decides as datatrove does; and how many
documents each preset keeps under each sort of tokens. Takes some minutes, nearly all of it spaCy and Python loops.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

from legal_sets import sets
from tables import put, table

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "kernels"))
import oracle  # noqa: E402

PER_SET, LONGEST = 60, 60_000  # documents, characters
TOKENS = ("whitespace", "ours", "spaCy")


def main() -> None:
    same, kept, size, total = Counter(), Counter(), Counter(), 0
    for name, documents in sets():
        texts = [text for _, text in documents if len(text) <= LONGEST][:PER_SET]
        for text in texts:
            theirs = oracle.datatrove_keeps(text)
            twins = {
                "whitespace": oracle.twin_keeps(text, words=str.split),
                "ours": oracle.twin_keeps(text),
                "spaCy": oracle.twin_keeps(
                    text, words=oracle.datatrove_words, sentences=oracle.datatrove_sentences
                ),
            }
            for preset, verdict in theirs.items():
                same[name, preset] += twins["spaCy"][preset] == verdict
                kept.update((preset, tokens) for tokens in TOKENS if twins[tokens][preset])
                kept[preset, "datatrove"] += verdict
        size[name] = len(texts)
        total += len(texts)
        print(name, len(texts), file=sys.stderr)
    presets = list(oracle.rules())
    agreement = [[name, count, *(same[name, preset] for preset in presets)] for name, count in size.items()]
    agreement.append(["all", total, *(_share(same, preset, size, total) for preset in presets)])
    put(ROOT / "docs" / "signals.md", "agreement", table(["set", "documents", *presets], agreement))
    choice = [[preset, *(kept[preset, column] for column in (*TOKENS, "datatrove"))] for preset in presets]
    header = [f"kept of {total}", "whitespace words", "ours", "spaCy's", "datatrove itself"]
    put(ROOT / "docs" / "signals.md", "choice", table(header, choice))


def _share(same: Counter, preset: str, size: Counter, total: int) -> str:
    return f"{100 * sum(same[name, preset] for name in size) / total:.1f}%"


if __name__ == "__main__":
    main()
