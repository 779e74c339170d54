"""What the report of a synthetic dataset tells beside what all artefacts tell."""

from __future__ import annotations

from typing import Any

from curate import sections
from curate.sections import Block, Section
from synth.report import examples, gating, numbers


def report(found: dict[str, Any], folder: str, *, texts: bool = True) -> dict[str, Any]:
    """Tiles, sections and numbers (`curate.kinds`)."""
    told = gathered(found, folder)
    clean = examples.cleaner(folder, found) if texts else list
    _quotes(told, clean, texts)
    parts = [tasks(told), gating.section(found, told["gates"])]
    if told["margins"] or told["corruptions"]:
        parts.append(pairs(told))
    if told["openings"]:
        parts.append(_openings(told))
    parts.append(coverage(told))
    if texts:
        kept, gone = examples.accepted(folder, found, clean), examples.rejected(folder, found, clean)
        if kept or gone:
            parts.append(_samples(kept, gone))
    return sections.report(_tiles(told), parts, told, rows="candidates", groups="task", without=["reasons"])


def _quotes(told: dict[str, Any], clean: examples.Clean, texts: bool) -> None:
    """What the numbers quote of rows: cleaned, or taken out."""
    if not texts:
        told["openings"] = {}
        for measure in told["gates"]:
            measure["examples"] = []
    places = [(entry, "opening") for listed in told["openings"].values() for entry in listed]
    places += [(example, "text") for measure in told["gates"] for example in measure["examples"]]
    for (holder, name), text in zip(places, clean([holder[name] for holder, name in places])):
        holder[name] = text


def gathered(found: dict[str, Any], folder: str) -> dict[str, Any]:
    """All numbers, for report.json and the card."""
    return {
        "format": found["parts"]["config"].get("output", {}).get("format"),
        "model": found["parts"]["config"].get("model"),
        "from": found["parts"]["config"].get("from"),
        "tasks": numbers.tasks(found),
        "spent": numbers.spent(found),
        "made_by": numbers.made_by(folder, found),
        "kinds": numbers.kinds(folder, found),
        "gates": gating.gates(found),
        "depths": numbers.depths(folder, found),
        "openings": numbers.openings(folder, found),
        "margins": numbers.margins(folder, found),
        "corruptions": numbers.corruptions(folder, found),
        "coverage": numbers.coverage(folder, found),
    }


def _tiles(told: dict[str, Any]) -> list[dict[str, Any]]:
    asked = sum(task["asked"] or 0 for task in told["tasks"])
    kept, made = (sum(task[key] for task in told["tasks"]) for key in ("accepted", "candidates"))
    gone, reasons = (
        sum(t["rejected"] for t in told["tasks"]),
        {r for t in told["tasks"] for r in t["rejected_by"]},
    )
    judged, wrong = [m for m in told["gates"] if m["judged"]], gating.refused(told["gates"])
    out = [
        sections.tile("accepted", kept, f"of {asked:,} asked", "good" if kept >= asked else "bad"),
        sections.tile("candidates", made, f"{kept / made:.1%} were accepted" if made else "none"),
        sections.tile("rejected", gone, f"for {len(reasons)} reason{'s' * (len(reasons) != 1)}"),
        sections.tile(
            "gates",
            f"{len(judged) - len(wrong)} of {len(judged)}" if judged else "none",
            f"{len(wrong)} said no" if wrong else "passed" if judged else "measured alone",
            "bad" if wrong else "good" if judged else "",
        ),
    ]
    if told["spent"]:
        tokens = sum(s["tokens_in"] + s["tokens_out"] for s in told["spent"])
        cost = sum(s["cost"] or 0 for s in told["spent"])
        out.append(sections.tile("tokens", tokens, f"{cost:,.2f} spent" if cost else "no price given"))
    return out


def tasks(told: dict[str, Any]) -> Section:
    """What was asked, made, accepted and rejected, and what it cost."""
    rows = [
        (
            *(t[key] for key in ("task", "asked", "accepted", "candidates", "budget")),
            t["accepted"] / max(1, t["candidates"]),
            *(t["rejected"], t["failed"]),
            t["why_fewer"] or (None if (t["asked"] or 0) <= t["accepted"] else "a trial: --limit"),
        )
        for t in told["tasks"]
    ]
    columns: dict[str, sections.Kind] = dict.fromkeys(("asked", "accepted", "candidates", "budget"), "number")
    columns = {"task": "text", **columns, "accepted of candidates": "share", "rejected": "number"}
    columns |= {"failed": "number", "why fewer": "text"}
    short = [
        f"{t['task']} has {t['accepted']:,} of {t['asked']:,} rows: {t['why_fewer']}"
        for t in told["tasks"]
        if t["why_fewer"]
    ]
    notes = (sections.note(line, "bad") for line in short)
    blocks = (sections.table("", columns, rows), _reasons(told), _kinds(told), *_model(told))
    return sections.section("tasks", "Tasks", *notes, *blocks, brief=True)


def _reasons(told: dict[str, Any]) -> Block | None:
    made = {t["task"]: t["candidates"] for t in told["tasks"]}
    rows = [
        (t["task"], *split(reason), n, n / max(1, made[t["task"]]), n)
        for t in told["tasks"]
        for reason, n in sorted(t["rejected_by"].items(), key=lambda item: (-item[1], item[0]))
    ]
    columns: dict[str, sections.Kind] = {"task": "text", "filter": "text", "reason": "text"}
    columns |= {"rejected": "number", "of its candidates": "share", "bar": "bar"}
    return sections.table("Rejected, by filter and reason", columns, rows) if rows else None


def split(reason: str) -> tuple[str, str]:
    """A filter and its reason, as accounts have them."""
    filter_, _, why = reason.rpartition(": ")
    return filter_, why


def _kinds(told: dict[str, Any]) -> Block | None:
    known = [k for k in told["kinds"] if k["kind"]]
    if len(known) < 2:
        return None
    rows = [(k["kind"], k["task"], k["accepted"], k["rejected"], k["accepted"]) for k in known]
    columns: dict[str, sections.Kind] = {"kind": "text", "task": "text", "accepted": "number"}
    columns |= {"rejected": "number", "bar": "bar"}
    return sections.table("Kinds", columns, rows, folded=True, brief=False)


def _model(told: dict[str, Any]) -> list[Block]:
    if not told["spent"]:
        return [sections.note("Made by the embedded generator: no model was asked, nothing was spent.")]
    keys = ("model", "revision", "requests", "reused", "failures", "tokens_in", "tokens_out", "cost")
    names = ("requests", "answered from the store", "failed", "tokens in", "tokens out", "money")
    columns: dict[str, sections.Kind] = {"model": "text", "revision": "code"}
    columns |= dict.fromkeys(names, "number")
    spent = [
        [entry.get(key) or (None if key == "cost" else entry.get(key)) for key in keys]
        for entry in told["spent"]
    ]
    prompts = [(m["task"], m["prompt"], m["model"], m["sampling"], m["rows"]) for m in told["made_by"]]
    named: dict[str, sections.Kind] = {
        "task": "text",
        "template": "code",
        "model": "text",
        "sampling": "code",
    }
    return [
        sections.table("What was asked of models", columns, spent),
        sections.table("Prompts", named | {"rows": "number"}, prompts, folded=True, brief=False),
    ]


def pairs(told: dict[str, Any]) -> Section:
    """Margins of judged pairs, and what was made wrong in corrupted ones."""
    blocks: list[Block | None] = []
    if margins := told["margins"]:
        names = [name for name in ("accepted", "too close", "rejected otherwise") if sum(margins[name])]
        held = [(t["margin"], f"margin {t['margin']:g}") for t in margins["thresholds"]]
        title = "Margin: the judge's score of the chosen answer, less that of the rejected one"
        blocks.append(sections.histogram(title, margins["edges"], {n: margins[n] for n in names}, held))
    if found := told["corruptions"]:
        blocks.append(
            sections.bars(
                "What was made wrong in the rejected answer",
                {c["kind"]: c["accepted"] for c in found},
                "accepted pairs",
            )
        )
    if margins and margins["median"] is not None:
        blocks.append(sections.facts({"median margin of accepted pairs": margins["median"]}))
    return sections.section("pairs", "Preference pairs", *blocks, brief=True)


def _openings(told: dict[str, Any]) -> Section:
    charts = [
        sections.bars(
            f"First three words of {field}s",
            {entry["opening"]: entry["rows"] for entry in listed},
            f"rows; the most frequent begins {listed[0]['share']:.1%}",
        )
        for field, listed in told["openings"].items()
    ]
    return sections.section("openings", "Most frequent openings", *charts)


def coverage(told: dict[str, Any]) -> Section:
    """Generations away from people, and what of the corpus was reached."""
    depths = {int(depth): n for depth, n in told["depths"].items()}
    deep = sum(n for depth, n in depths.items() if depth)
    whole = sum(depths.values())
    blocks: list[Block | None] = [
        sections.facts(
            {
                "synthetic share of the set": "100%" if whole else None,
                "made from people's text": f"{depths.get(0, 0):,} rows",
                "made from synthetic text": f"{deep:,} rows ({deep / whole:.1%})" if whole else None,
                "greatest generation depth": max(depths) if depths else None,
            },
            "Generation depth",
        )
    ]
    if covered := told["coverage"]:
        blocks += _covered(covered)
    return sections.section("coverage", "Generations and coverage", *blocks, brief=True)


def _covered(covered: dict[str, Any]) -> list[Block]:
    columns: dict[str, sections.Kind] = {covered["strata"]: "text", "documents": "number"}
    columns |= {"planned share": "share", "rows": "number", "reached share": "share"}
    columns |= {"reached beside planned": "range", "documents used": "number"}
    rows = [
        (
            "unknown" if c["stratum"] is None else c["stratum"],
            *(c[key] for key in ("documents", "planned", "rows", "reached")),
            [c["reached"], None, None, c["planned"]],
            c["used"],
        )
        for c in covered["values"]
    ]
    told = f"Planned by {covered['strata']}: each value in the share that it has of the corpus."
    if covered["documents"]:
        told += f" {covered['used']:,} of {covered['documents']:,} documents were used."
    else:
        told += " The corpus is not there any more: what was planned cannot be told."
    if covered["empty"]:
        told += f" {covered['empty']:,} of {covered['count']:,} have no row."
    title = "Coverage" + (
        f", the {len(rows)} largest of {covered['count']:,}" if len(rows) < covered["count"] else ""
    )
    return [sections.table(title, columns, rows, brief=len(rows) <= 12), sections.note(told)]


def _samples(kept: list[Block], gone: list[Block]) -> Section:
    """Accepted ones by task, rejected ones by reason."""
    note = sections.note(
        "Chosen by a hash of their ids, one of every kind first. Places are characters of the document's text."
    )
    for block in kept:
        block["title"] = f"accepted by {block['title']}"
    for block in gone:
        block["title"], block["opened"] = f"rejected by {block['title']}", False
    return sections.section("rows", "Samples", note, *kept, *gone, last=True)
