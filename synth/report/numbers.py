"""The numbers of a synthetic dataset: tasks, cost, openings, depth, margins, corruptions, coverage."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl

from curate import manifest
from curate.errors import ConfigError
from curate.report.rows import open_shard
from synth.corpus import Corpus, elsewhere, of_artefact
from synth.task import load_task

#: Bins of margins, in points of the judge's scale of 1 to 10.
STEP, MOST = 0.5, 9.0
#: Openings and strata that are told of.
OPENINGS, STRATA = 12, 40


def rows(folder: str, found: dict[str, Any], part: str = "data") -> pl.LazyFrame | None:
    """All rows of a part; None where there is none."""
    files = manifest.files(folder, found, part)
    return pl.concat([open_shard(file) for file in files]) if files else None


def tasks(found: dict[str, Any]) -> list[dict[str, Any]]:
    """Of each task what was asked, made, accepted and rejected, and why it has fewer rows than it was asked for."""
    asked = {
        label: given for entry in found["parts"]["config"].get("tasks", ()) for label, given in entry.items()
    }
    why = {line.partition(": ")[0]: line.rpartition(" accepted: ")[2] for line in found.get("fewer", ())}
    names = {step["step"]: step["name"] for step in found["steps"]}
    out = []
    for label, account in found["sources"].items():
        given = asked.get(label, {})
        out.append(
            {
                "task": label,
                "name": names.get(label, label),
                "asked": given.get("count"),
                "accepted": account["kept"],
                "candidates": account["read"],
                "rejected": account["dropped"],
                "failed": account["failed"],
                "budget": given.get("budget"),
                "per_document": given.get("per_document"),
                "params": {k: v for k, v in given.items() if k not in ("count", "budget", "per_document")},
                "rejected_by": account["dropped_by"],
                "why_fewer": why.get(label),
            }
        )
    return out


def spent(found: dict[str, Any]) -> list[dict[str, Any]]:
    """What models were asked, and what it cost."""
    return [dict(entry) for entry in found.get("models", ())]


def made_by(folder: str, found: dict[str, Any]) -> list[dict[str, Any]]:
    """By task: which model, revision, sampling and prompt made how many accepted rows."""
    frame = rows(folder, found)
    by = ["meta_task", "meta_model", "meta_revision", "meta_sampling", "meta_prompt"]
    if frame is None:
        return []
    counted = frame.group_by(by).agg(rows=pl.len()).sort("meta_task", "rows", descending=[False, True])
    return [
        {name.removeprefix("meta_"): value for name, value in row.items()}
        for row in counted.collect(engine="streaming").to_dicts()
    ]


def kinds(folder: str, found: dict[str, Any]) -> list[dict[str, Any]]:
    """Rows by task and kind, accepted and rejected."""
    counted: dict[tuple[str, str], dict[str, Any]] = {}
    for part, name in (("data", "accepted"), ("dropped", "rejected")):
        frame = rows(folder, found, part)
        if frame is None:
            continue
        for task, kind, n in (
            frame.group_by("meta_task", "meta_kind").agg(pl.len()).collect(engine="streaming").iter_rows()
        ):
            entry = counted.setdefault(
                (task or "", kind or ""),
                {"task": task, "kind": kind or None, "accepted": 0, "rejected": 0},
            )
            entry[name] += n
    return sorted(counted.values(), key=lambda e: (e["task"], -e["accepted"], e["kind"] or ""))


def openings(folder: str, found: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The most frequent first three words, of prompts (passages aside) and of answers."""
    frame = rows(folder, found)
    if frame is None:
        return {}
    schema = frame.collect_schema()
    out = {}
    for name, text in _fields(schema):
        first = text.str.extract(r"^\s*(\S+\s+\S+\s+\S+)").str.replace_all(r"\s+", " ")
        counted = frame.select(opening=first).drop_nulls().group_by("opening").agg(rows=pl.len())
        table = counted.collect(engine="streaming")
        whole = int(table["rows"].sum())
        top = table.sort("rows", "opening", descending=[True, False]).head(OPENINGS)
        out[name] = [row | {"share": row["rows"] / whole} for row in top.to_dicts()]
    return {name: listed for name, listed in out.items() if listed}


def _fields(schema: pl.Schema) -> Iterator[tuple[str, pl.Expr]]:
    """What is asked and what is answered, as texts."""
    passage = r"(?s)^(?:From “[^”\n]*”:\s*)?<passage>.*?</passage>\s*"
    turns = next((c for c in ("messages", "prompt") if c in schema), None)
    if turns:
        said = pl.col(turns).list.eval(
            pl.element().filter(pl.element().struct.field("role") == "user").struct.field("content")
        )
        yield "prompt", said.list.last().str.replace(passage, "")
    if "messages" in schema:
        yield "answer", pl.col("messages").list.last().struct.field("content")
    for column in ("completion", "chosen"):
        if column in schema:
            yield "answer", pl.col(column).list.last().struct.field("content")
    if "text" in schema:
        yield "text", pl.col("text")


def depths(folder: str, found: dict[str, Any]) -> dict[str, int]:
    """Accepted rows by generation depth."""
    frame = rows(folder, found)
    if frame is None:
        return {}
    counted = frame.group_by("meta_depth").agg(pl.len()).sort("meta_depth").collect(engine="streaming")
    return {str(depth or 0): int(n) for depth, n in counted.iter_rows()}


def margins(folder: str, found: dict[str, Any]) -> dict[str, Any] | None:
    """How far apart the judge's scores of the two answers were: accepted, too close, and rejected otherwise."""
    edges = [i * STEP for i in range(round(MOST / STEP) + 1)]
    counts = {
        fate: np.zeros(len(edges) - 1, np.int64) for fate in ("accepted", "too close", "rejected otherwise")
    }
    values: list[float] = []
    for part in ("data", "dropped"):
        frame = rows(folder, found, part)
        if frame is None:
            continue
        margin = _number("meta_scores", "$.margin")
        fate = pl.lit("accepted")
        if part == "dropped":
            margin = pl.coalesce(margin, _number("detail", "$.margin"))
            fate = (
                pl.when(pl.col("reason") == "margin")
                .then(pl.lit("too close"))
                .otherwise(pl.lit("rejected otherwise"))
            )
        told = frame.select(margin=margin, fate=fate).drop_nulls().collect(engine="streaming")
        for (name,), group in told.group_by("fate"):
            at = np.clip((group["margin"].to_numpy() / STEP).astype(np.int64), 0, len(edges) - 2)
            counts[str(name)] += np.bincount(at, minlength=len(edges) - 1)
        if part == "data":
            values = told["margin"].to_list()
    if not sum(int(of.sum()) for of in counts.values()):
        return None
    return {
        "edges": edges,
        **{name: of.tolist() for name, of in counts.items()},
        "thresholds": _least(found),
        "median": float(np.median(values)) if values else None,
    }


def _number(column: str, path: str) -> pl.Expr:
    return pl.col(column).str.json_path_match(path).cast(pl.Float64, strict=False)


def _least(found: dict[str, Any]) -> list[dict[str, Any]]:
    """The setting `margin` of each task that has one, its default included."""
    out = []
    for task in tasks(found):
        known = load_task(task["name"])
        params = known.signature.filled(task["params"]) if known else task["params"]
        if (value := params.get("margin")) is not None:
            out.append({"task": task["task"], "margin": float(value)})
    return out


def corruptions(folder: str, found: dict[str, Any]) -> list[dict[str, Any]]:
    """What was made wrong in rejected answers, by kind: accepted and rejected pairs."""
    counted: dict[str, dict[str, Any]] = {}
    for part, name in (("data", "accepted"), ("dropped", "rejected")):
        frame = rows(folder, found, part)
        if frame is None:
            continue
        kind = pl.col("meta_detail").str.json_path_match("$.corruption.kind")
        found_kinds = frame.select(kind=kind).drop_nulls().group_by("kind").agg(pl.len())
        for what, n in found_kinds.collect(engine="streaming").iter_rows():
            counted.setdefault(what, {"kind": what, "accepted": 0, "rejected": 0})[name] += n
    return sorted(counted.values(), key=lambda e: (-e["accepted"], e["kind"]))


def behind(folder: str, found: dict[str, Any]) -> tuple[Corpus, str] | None:
    """The corpus that the set was made from and its folder (empty: Parquet files), if it is there as it was."""
    try:
        for name, fingerprint in found["parts"].get("upstream", {}).items():
            beside = f"{folder.rstrip('/').rpartition('/')[0] or '.'}/{name}-{fingerprint[:8]}"
            made = manifest.read(beside)
            if made is None:
                beside, made = manifest.find(name)
            return (of_artefact(beside, made), beside) if made["fingerprint"] == fingerprint else None
        return elsewhere(found["parts"]["config"]["from"]), ""
    except (ConfigError, KeyError, OSError):
        return None


def coverage(folder: str, found: dict[str, Any]) -> dict[str, Any] | None:
    """By stratum: the share that was planned (that of the corpus) and that of the rows; documents that were used."""
    frame, strata = rows(folder, found), found["parts"]["config"].get("strata", "source")
    corpus = behind(folder, found)
    if frame is None:
        return None
    if corpus is None or not corpus[0].files:
        counted = frame.group_by(stratum="meta_source").agg(rows=pl.len()).collect(engine="streaming")
        listed = [entry | {"documents": None, "planned": None, "used": None} for entry in counted.to_dicts()]
        return _covered("source", listed, None)
    documents = pl.concat([_strata(file, strata) for file in corpus[0].files])
    used = frame.select(id=pl.col("meta_documents").list.first())
    planned = documents.group_by("stratum").agg(documents=pl.len()).collect(engine="streaming")
    reached = (
        used.join(documents, on="id", how="left")
        .group_by("stratum")
        .agg(rows=pl.len(), used=pl.col("id").n_unique())
        .collect(engine="streaming")
    )
    table = planned.join(reached, on="stratum", how="full", coalesce=True, nulls_equal=True)
    whole = int(planned["documents"].sum())
    listed = [
        entry | {"planned": (entry["documents"] or 0) / whole, "used": entry["used"] or 0}
        for entry in table.with_columns(pl.col("rows").fill_null(0)).to_dicts()
    ]
    return _covered(strata, listed, whole)


def _strata(file: str, strata: str) -> pl.LazyFrame:
    shard = open_shard(file)
    have = shard.collect_schema().names()
    by = next((pl.col(c).cast(pl.String) for c in (strata, "source") if c in have), pl.lit("corpus"))
    return shard.select("id", stratum=by)


def _covered(strata: str, listed: list[dict[str, Any]], documents: int | None) -> dict[str, Any]:
    whole = sum(entry["rows"] for entry in listed)
    listed = [entry | {"reached": entry["rows"] / whole if whole else 0.0} for entry in listed]
    ranked = sorted(listed, key=lambda e: (-(e["documents"] or e["rows"]), str(e["stratum"])))
    return {
        "strata": strata,
        "documents": documents,
        "used": None if documents is None else sum(entry["used"] for entry in listed),
        "count": len(ranked),
        "empty": sum(not entry["rows"] for entry in ranked),
        "values": ranked[:STRATA],
    }
