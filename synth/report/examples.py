"""Real rows of a synthetic dataset as examples: turns, pairs side by side, their evidence, why they were rejected."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import polars as pl

from curate import manifest, sections
from curate.sections import Block
from synth.report.numbers import behind, rows

#: Of each task, of each reason.
ACCEPTED, REJECTED = 8, 3
#: Passages of evidence, and characters of one, that are shown.
PASSAGES, PASSAGE = 2, 900
#: What of a detail is shown in words of its own, not as a value.
WORDS = ("text", "error", "reply", "missing", "claimed", "found", "fault")

Clean = Callable[[list[str]], list[str]]


def cleaned(folder: str, found: dict[str, Any]) -> bool:
    """Whether the documents that the rows were made from passed a step that takes private data out."""
    corpus = behind(folder, found)
    if corpus is None or corpus[0].found is None:
        return False
    above = corpus[0].found
    if above["kind"] == "synth":
        return cleaned(corpus[1], above)
    return "private_key" in above


def cleaner(folder: str, found: dict[str, Any]) -> Clean:
    """What texts pass before they are shown: the step `pii`, where documents did not pass it before."""
    if cleaned(folder, found):
        return lambda texts: texts
    from curate.report.samples import scrubbed

    return scrubbed


def accepted(folder: str, found: dict[str, Any], clean: Clean) -> list[Block]:
    """Some accepted rows of every task, of as many kinds as there are."""
    frame = rows(folder, found)
    return [] if frame is None else _groups(frame, ["meta_task"], ACCEPTED, clean)


def rejected(folder: str, found: dict[str, Any], clean: Clean) -> list[Block]:
    """Some rejected rows for every reason."""
    frame = rows(folder, found, "dropped")
    if frame is None:
        return []
    blocks = _groups(frame, ["step", "reason"], REJECTED, clean)
    for one in (one for block in blocks for one in block["rows"]):
        for tag in one["tags"]:
            what, _, number = tag["text"].rpartition("accepted ")
            if what in ("", "of ") and number.isdigit() and (name := nth(folder, found, int(number))):
                tag["text"] = f"of {name}"
    return blocks


def _groups(frame: pl.LazyFrame, by: list[str], most: int, clean: Clean) -> list[Block]:
    """The rows are chosen by a hash of their ids, so that the same artefact shows the same ones; one of every kind
    first."""
    names = frame.select("id", "meta_kind", *by).collect(engine="streaming")
    names = names.with_columns(order=pl.col("id").hash(1))
    names = names.with_columns(turn=pl.col("order").rank("ordinal").over([*by, "meta_kind"]))
    rank = pl.struct("turn", "order").rank("ordinal").over(by)
    chosen = names.filter(rank <= most)["id"]
    found = frame.filter(pl.col("id").is_in(chosen.implode())).collect(engine="streaming")
    sizes = {tuple(key): n for *key, n in names.group_by(by).len().iter_rows()}
    shown = dict(zip(found["id"], _shown(found.to_dicts(), clean)))
    out: list[Block] = []
    for key, n in sorted(sizes.items(), key=lambda item: (-item[1], tuple(map(str, item[0])))):
        mine = found.filter(pl.all_horizontal(pl.col(c) == k for c, k in zip(by, key)))
        out.append(
            sections.samples(": ".join(map(str, key)), [shown[i] for i in mine["id"]], n, opened=not out)
        )
    return out


def _shown(found: list[dict[str, Any]], clean: Clean) -> list[dict[str, Any]]:
    """Rows as examples, their texts cleaned all at once."""
    examples = [example(row) for row in found]
    parts = [part for one in examples for part in one["parts"]]
    tags = [tag for one in examples for tag in one["tags"] if tag["tone"] == "" or ":" in tag["text"]]
    for holder, text in zip([*parts, *tags], clean([item["text"] for item in [*parts, *tags]])):
        holder["text"] = text
    return examples


def example(row: dict[str, Any], *, passage: int | None = PASSAGE) -> dict[str, Any]:
    """A row as it reads: turns, or prompt, chosen and rejected; its evidence; what decided."""
    gone, detail = row.get("step") is not None, _object(row.get("detail"))
    told = _object(row.get("meta_detail"))
    tags: list[tuple[str, sections.Tone]] = [(row["meta_kind"] or row["meta_task"] or "", "")]
    tags.append((f"{row['step']}: {row['reason']}", "bad") if gone else ("accepted", "good"))
    tags += [(f"{name} {value}", "") for name, value in detail.items() if _is_value(name, value)]
    tags += [
        (f"{name} {value}", "")
        for name, value in _object(row.get("meta_scores")).items()
        if _is_value(name, value)
    ]
    if change := told.get("corruption"):
        tags.append((f"{change['kind']}: {change['original']} → {change['replaced']}", ""))
    parts = [*content(row), *_words(detail), *evidence(row, passage)]
    return sections.sample(row["id"], parts, tags=tags, tone="bad" if gone else "good")


def content(row: dict[str, Any]) -> list[dict[str, Any]]:
    """What a row says, in turns; the two answers of a pair beside one another."""
    if row.get("text"):
        return [sections.part("text", row["text"])]
    out = [sections.part(turn["role"], turn["content"]) for turn in row.get("messages") or ()]
    out += [sections.part(turn["role"], turn["content"]) for turn in row.get("prompt") or ()]
    label = {None: "assistant", True: "completion (a good one)", False: "completion (a bad one)"}[
        row.get("label")
    ]
    out += [sections.part(label, turn["content"]) for turn in row.get("completion") or ()]
    for name in ("chosen", "rejected"):
        out += [sections.part(name, turn["content"], beside=True) for turn in row.get(name) or ()]
    return [part for part in out if part["text"]]


def evidence(row: dict[str, Any], most: int | None = PASSAGE) -> list[dict[str, Any]]:
    """The passages that a row rests on, with their places."""
    spans = row.get("meta_evidence") or []
    out = []
    for span in spans[: PASSAGES if most else None]:
        text = span["text"] or ""
        cut = f"{text[:most].rstrip()} …" if most and len(text) > most else text
        place = f"evidence · {span['document']} [{span['start']:,}–{span['end']:,}]"
        out.append(sections.part(place, cut, quiet=True))
    if most and len(spans) > PASSAGES:
        out.append(sections.part("evidence", f"{len(spans) - PASSAGES} more passages", quiet=True))
    return out


def _words(detail: dict[str, Any]) -> list[dict[str, Any]]:
    """What a filter or a model wrote, of a rejected row."""
    out = []
    for name in WORDS:
        if value := detail.get(name):
            text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            out.append(sections.part(f"{name} (of the rejection)", text))
    return out


def _is_value(name: str, value: Any) -> bool:
    return name not in (*WORDS, "request") and isinstance(value, str | int | float) and len(str(value)) <= 80


def _object(text: str | None) -> dict[str, Any]:
    try:
        found = json.loads(text) if text else {}
    except ValueError:
        return {"text": text}
    return found if isinstance(found, dict) else {"text": text}


def nth(folder: str, found: dict[str, Any], number: int) -> str | None:
    """The id of the accepted row `number`, as filters that remember count them."""
    for entry, path in zip(found["outputs"]["data"], manifest.files(folder, found)):
        if number < entry["rows"]:
            return str(pl.read_parquet(path, columns=["id"])["id"][number])
        number -= entry["rows"]
    return None
