"""README.md of the general sample, with its counts."""

from __future__ import annotations

HEAD = """# The general sample

Everyday English about Alderland, a country that does not exist, and a few simple facts that are true (water boils,
planets, days of the week, small sums). It is the general side of training: what a model learns before it learns law,
is asked after every stage, and must not forget. All people, places and events are invented; dedicated to the public
domain (CC0-1.0). Written by `generate.py` (standard library only); `make sample` writes it again. Do not edit by
hand, this page included.

The texts come from a small context-free grammar (`maker/grammar.py`: choices, forms of words, values that stay the
same within a document) over `maker/phrases/*.txt`; facts about towns, rivers, animals and crafts stand in
`maker/world.txt`, and texts, chats and benchmarks all read them there.

| File | What |
|---|---|
| `texts/*.jsonl.gz` | documents, a file a kind: `id`, `title`, `kind`, `text` |
| `chats.jsonl.gz` | short conversations, whose facts agree with the texts: `messages` |
| `safety/train.jsonl` | harmful requests refused, harmless look-alikes answered: `messages`, `label`, `category` |
| `safety/test.jsonl` | other requests in other words: `prompt`, `label`, `category`, `comply` (how obeying begins) |
| `safety/pairs.jsonl` | preferences on training's requests, as messages: `prompt`, `chosen`, `rejected` … |
| `benchmarks/general_choice.jsonl` | beginnings with four ends: `question`, `choices`, `answer` (from 0), `category` |
| `benchmarks/general_last_word.jsonl` | passages and their last word: `context`, `continuation` |
| `benchmarks/legal_choice.jsonl` | as `general_choice`, on terms and wordings of `pipelines/sample` |
| `benchmarks/bias_pairs.jsonl` | sentences that differ in whom they speak of: `sent_more` (stereotype), `sent_less` … |
| `benchmarks/neutral_prompts.jsonl` | prompts for toxicity: `prompt`, `category` (neutral, provocative) |

The benchmarks, `safety/test.jsonl` included, are not sources: no text holds an item word for word. No harmful request
is answered anywhere: a rejected reply obeys in words that say nothing.

## Counts

| File | Rows | Characters |
|---|---|---|
"""
TAIL = """
Characters are those of `text`. The grammar is larger than what it says: sentences repeat with other words in them,
stories wander, and a model that has read all of this has not read much.
"""


def readme(rows: dict[str, int], characters: dict[str, int]) -> str:
    """`rows` by file, `characters` of those that hold texts."""
    lines = [f"| `{name}` | {count} | {_told(characters.get(name))} |\n" for name, count in rows.items()]
    texts = [name for name in rows if name in characters]
    total = f"| all texts | {sum(rows[name] for name in texts)} | {sum(characters.values()):,} |\n"
    return "".join([HEAD, *lines, total, TAIL])


def _told(number: int | None) -> str:
    return "" if number is None else f"{number:,}"
