"""What the card of a synthetic dataset tells beside what all cards tell."""

from __future__ import annotations

from typing import Any

import polars as pl

from curate import sections
from curate.report.rows import open_shard
from curate.sections import Section
from synth.report import gating, numbers, page

#: What each column holds, for readers of the card.
COLUMNS = {
    "id": "task and number of the candidate",
    "source": "the task",
    "messages": "a conversation: role and content of each turn, the answer last",
    "prompt": "the turns before the answer",
    "completion": "the answer, a list of one turn",
    "chosen": "the better answer, a list of one turn",
    "rejected": "the worse answer, a list of one turn",
    "label": "whether the completion is a good one",
    "text": "text for pretraining",
    "meta_task": "the task",
    "meta_kind": "what of its task it is",
    "meta_documents": "ids of the documents that it was made from",
    "meta_source": "the documents' source in the corpus",
    "meta_evidence": "passages that the answer rests on: document, start and end in characters, text",
    "meta_depth": "0: made from people's text; one more for each generation",
    "meta_model": "the model, or embedded",
    "meta_revision": "the model's revision",
    "meta_sampling": "how was sampled, JSON",
    "meta_prompt": "the first 16 digits of the SHA-256 of the prompt's template",
    "meta_seed": "the stage's seed",
    "meta_requests": "keys of all requests, as the store of responses has them",
    "meta_scores": "scores, JSON",
    "meta_detail": "what else the task tells, JSON",
}
FORMATS = {
    "messages": "conversations (`messages`)",
    "prompt_completion": "prompt and completion",
    "preference": "preference pairs (explicit prompt, chosen, rejected)",
    "unpaired": "unpaired preferences (prompt, completion, label)",
    "text": "text",
}
TAGS = {
    "preference": ["preference", "dpo"],
    "unpaired": ["preference", "kto"],
    "text": [],
    "messages": ["instructions"],
}


def card(found: dict[str, Any], folder: str) -> dict[str, Any]:
    """Sections, tags and gaps (`curate.kinds`)."""
    told = page.gathered(found, folder)
    for measure in told["gates"]:
        measure["examples"] = []
    form = told["format"] or "messages"
    parts = [_generator(found, told), page.tasks(told), _filters(found)]
    parts.append(gating.section(found, told["gates"]))
    if told["margins"] or told["corruptions"]:
        parts.append(page.pairs(told))
    parts += [page.coverage(told), _columns(found)]
    languages = _languages(folder, found)
    return sections.card(
        parts,
        about=f"Synthetic data: {sum(t['accepted'] for t in told['tasks']):,} rows as {FORMATS[form]}, "
        f"{_by(told)} from the documents of a corpus.",
        tags=["synthetic", *TAGS.get(form, ["instructions"])],
        front={"language": languages} if languages else {},
        gaps=_gaps(told),
    )


def _by(told: dict[str, Any]) -> str:
    models = sorted({m["model"] for m in told["made_by"] if m["model"] and m["model"] != "embedded"})
    if not models:
        return "taken by an embedded generator (rules, no model)"
    return f"written by {', '.join(models)}"


def _generator(found: dict[str, Any], told: dict[str, Any]) -> Section:
    by = sorted({(m["model"] or "", m["revision"] or "", m["sampling"] or "") for m in told["made_by"]})
    upstream = found["parts"].get("upstream", {})
    name, fingerprint = next(iter(upstream.items()), (told["from"], None))
    return sections.section(
        "generator",
        "Generator and corpus",
        sections.table(
            "",
            {"model": "text", "revision": "code", "sampling": "code"},
            [
                (
                    "embedded generator: rules over the text's own structure" if m == "embedded" else m,
                    r or None,
                    s or None,
                )
                for m, r, s in by
            ],
        ),
        sections.facts(
            {
                "corpus": name,
                "fingerprint of the corpus": fingerprint,
                "seed": found["parts"]["config"].get("seed"),
                "tokens of a passage, at most": found["parts"]["config"].get("passage_tokens"),
            }
        ),
    )


def _filters(found: dict[str, Any]) -> Section:
    own = set(found["sources"])
    rows = [
        (
            step["step"],
            ", ".join(f"{k}={v}" for k, v in step["params"].items() if v is not None) or "defaults",
            step["in"],
            sum(step["dropped"].values()),
            ", ".join(f"{why} {n:,}" for why, n in sorted(step["dropped"].items())) or None,
        )
        for step in found["steps"]
        if step["step"] not in own
    ]
    columns: dict[str, sections.Kind] = {"filter": "text", "settings": "text", "candidates in": "number"}
    table = sections.table("", columns | {"rejected": "number", "why": "text"}, rows)
    return sections.section("filters", "Filters", table)


def _columns(found: dict[str, Any]) -> Section:
    rows = [(name, COLUMNS.get(name)) for name in found["columns"]]
    told = "Columns `meta_…` are provenance; trainers ignore them."
    table = sections.table("", {"column": "code", "holds": "text"}, rows)
    return sections.section("columns", "Format and columns", sections.note(told.replace("`", "")), table)


def _languages(folder: str, found: dict[str, Any]) -> list[str]:
    """Languages of the documents that were used, the most frequent first, where the corpus tells them."""
    frame, corpus = numbers.rows(folder, found), numbers.behind(folder, found)
    if frame is None or corpus is None:
        return []
    shards = [open_shard(file) for file in corpus[0].files]
    if not shards or any("language" not in shard.collect_schema() for shard in shards):
        return []
    used = frame.select(id=pl.col("meta_documents").explode())
    known = pl.concat([shard.select("id", "language") for shard in shards]).join(used, on="id", how="semi")
    counted = known.drop_nulls().group_by("language").len().collect(engine="streaming")
    return counted.sort("len", "language", descending=[True, False])["language"].to_list()


def _gaps(told: dict[str, Any]) -> list[str]:
    out = [
        f"{t['task']} has {t['accepted']:,} of {t['asked']:,} rows: {t['why_fewer']}"
        for t in told["tasks"]
        if t["why_fewer"]
    ]
    judged = [m for m in told["gates"] if m["judged"]]
    if not judged:
        out.append("no gate judged the set as a whole: it may repeat itself")
    if wrong := gating.refused(told["gates"]):
        named = ", ".join(".".join(p for p in (m["field"], m["measure"]) if p) for m in wrong)
        out.append(f"gates refused it: {named}")
    if covered := told["coverage"]:
        missed = [str(c["stratum"]) for c in covered["values"] if not c["rows"]]
        if missed:
            out.append(f"no row was made from {', '.join(missed[:10])}")
    out.append("no person has read all rows; what filters accept can be wrong")
    out.append(
        "measures of the set look at its surface: ideas that are reworded well are not found to repeat"
    )
    return out
