"""What became of one candidate: what it was made from, what each filter said of it, what was asked and answered."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from curate import sections
from curate.errors import ConfigError, RunError
from curate.explain import locate
from curate.sections import Block, Section
from synth.report import examples, numbers

#: Characters of a request's last message and of a response that are shown, unless all is asked for.
SHOWN = 1200


def why(found: dict[str, Any], folder: str, wanted: str, *, full: bool = False) -> list[Section] | None:
    """Sections on the candidate with the id `wanted`; None if there is none (`curate.kinds`)."""
    places = locate.find(folder, found, [wanted]).get(wanted)
    if not places:
        return None
    row = locate.row(places[0]).row(0, named=True)
    if places[0].part == "failed":
        now = _now("no answer", folder, places[0])
        told = {
            "task": row["source"],
            "document": row["file"],
            "candidate": row["position"],
            row["kind"]: row["error"],
        }
        return [sections.section("now", "Now", sections.facts(now | told))]
    parts = [_made(row, folder, places[0]), _evidence(row, folder, found), _filters(row, folder, found)]
    shown = examples.content(row)
    if shown:
        parts.append(
            sections.section("row", "The row", sections.samples("", [sections.sample(wanted, shown)]))
        )
    return [*parts, *_requests(row, folder, full)]


def _now(outcome: str, folder: str, place: locate.Place) -> dict[str, Any]:
    told = place.told()
    return {
        "outcome": outcome,
        "where": f"{told['file']}, row {told['row']:,} (row group {told['row_group']:,})",
    }


def _made(row: dict[str, Any], folder: str, place: locate.Place) -> Section:
    gone = row.get("step") is not None
    scores, detail = _object(row["meta_scores"]), _object(row["meta_detail"])
    told = _now(f"rejected by {row['step']}: {row['reason']}" if gone else "accepted", folder, place)
    own = {
        "task": row["meta_task"],
        "kind": row["meta_kind"] or None,
        "model": row["meta_model"],
        "revision": row["meta_revision"],
        "sampling": row["meta_sampling"],
        "template": row["meta_prompt"] or detail.get("template"),
        "seed": row["meta_seed"],
        "generation depth": row["meta_depth"],
    }
    more = {name: _short(v) for name, v in (scores | detail).items() if name not in ("template", "shown")}
    return sections.section("now", "Now", sections.facts(told | own | more))


def _evidence(row: dict[str, Any], folder: str, found: dict[str, Any]) -> Section:
    """Each passage, and whether the corpus still has it where the row says."""
    texts, note = _documents(row, folder, found)
    spans = []
    for span in row["meta_evidence"] or []:
        text = texts.get(span["document"])
        there = None if text is None else text[span["start"] : span["end"]] == span["text"]
        stands = {None: "not looked up", True: "yes", False: "NO"}[there]
        spans.append((span["document"], f"{span['start']:,}–{span['end']:,}", stands, _short(span["text"])))
    columns: dict[str, sections.Kind] = dict.fromkeys(
        ("document", "characters", "stands there", "passage"), "text"
    )
    blocks: list[Block | None] = [sections.facts({"documents": ", ".join(row["meta_documents"] or [])})]
    blocks += [sections.table("", columns, spans)] if spans else [sections.note("It names no passage.")]
    return sections.section("source", "Made from", *blocks, sections.note(note))


def _documents(row: dict[str, Any], folder: str, found: dict[str, Any]) -> tuple[dict[str, str], str]:
    corpus = numbers.behind(folder, found)
    if corpus is None:
        return {}, "The corpus that it was made from is not there as it was."
    behind, place = corpus
    if behind.found is None:
        return {}, f"Its documents are rows of {found['parts']['config']['from']}."
    texts = {}
    for name, places in locate.find(place, behind.found, row["meta_documents"] or []).items():
        if "text" in (stored := locate.row(places[0], ["text"])).columns:
            texts[name] = stored["text"][0] or ""
    return texts, f"Their own way: curate why {place} DOCUMENT_ID"


def _filters(row: dict[str, Any], folder: str, found: dict[str, Any]) -> Section:
    """What each said, in order: those after the first no were not asked."""
    own = {label for label in found["sources"] if label != row["meta_task"]}
    rows: list[tuple[str, bool | str, str | None]] = []
    over = False
    for step in found["steps"]:
        if step["step"] in own:
            continue
        if over:
            rows.append((step["step"], "not asked", None))
        elif step["step"] == row.get("step"):
            rows.append((step["step"], False, _why(row, folder, found)))
            over = True
        else:
            rows.append((step["step"], True, None))
    columns: dict[str, sections.Kind] = {"task or filter": "text", "verdict": "verdict", "why": "text"}
    return sections.section("filters", "What filters said", sections.table("", columns, rows))


def _why(row: dict[str, Any], folder: str, found: dict[str, Any]) -> str:
    detail = _object(row.get("detail"))
    number = detail.get("accepted", str(detail.get("of", "")).partition("accepted ")[2])
    if str(number).isdigit() and (name := examples.nth(folder, found, int(number))):
        detail["of"] = name
    told = ", ".join(f"{name} {_short(value)}" for name, value in detail.items())
    return f"{row['reason']}" + (f" ({told})" if told else "")


def _requests(row: dict[str, Any], folder: str, full: bool) -> list[Section]:
    """What was asked and answered, from the store of responses, where it is still there."""
    keys = [*(row["meta_requests"] or [])]
    if (key := _object(row.get("detail")).get("request")) and key not in keys:
        keys.append(key)
    if not keys:
        return []
    path = Path(folder).parent / "responses" / "store.sqlite"
    blocks = list(_replies(keys, path, full))
    return [sections.section("requests", f"Requests ({len(keys)})", *blocks)]


def _replies(keys: list[str], path: Path, full: bool) -> list[Block]:
    from synth.engine.store import Store

    blocks: list[Block] = []
    try:
        with Store(path, read_only=True) as store:
            for number, key in enumerate(keys, 1):
                asked, reply = store.request(key), store.get(key)
                if asked is None or reply is None:
                    blocks.append(sections.note(f"{number}. {key}: the store does not have it"))
                    continue
                tokens = f"{reply.tokens_in:,} tokens in, {reply.tokens_out:,} out"
                blocks.append(
                    sections.note(f"{number}. {key}: {tokens}, {reply.finish_reason or reply.error}")
                )
                if full or number == len(keys):
                    blocks.append(sections.text("asked", _cut(asked["messages"][-1]["content"], full)))
                    blocks.append(sections.text("answered", _cut(reply.text or reply.error, full)))
    except (ConfigError, RunError) as error:
        return [
            sections.note(f"Responses are not kept here: {error}"),
            sections.note("Keys: " + ", ".join(keys)),
        ]
    if not full and len(keys) > 1:
        blocks.append(sections.note("The last one is shown; --full shows all."))
    return blocks


def _cut(text: str, full: bool) -> str:
    if full or len(text) <= SHOWN:
        return text
    return f"{text[: SHOWN // 2]}\n … {len(text) - SHOWN:,} characters …\n{text[-SHOWN // 2 :]}"


def _short(value: Any, most: int = 300) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= most else f"{text[:most].rstrip()} … ({len(text):,} characters)"


def _object(text: str | None) -> dict[str, Any]:
    try:
        found = json.loads(text) if text else {}
    except ValueError:
        return {"detail": text}
    return found if isinstance(found, dict) else {"detail": text}
