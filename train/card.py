"""The README.md of a trained model, as the Hub reads it: metadata, what it is, how it was made, what it lacks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from curate import manifest, sections, storage
from curate.errors import CurateError
from curate.lineage import lineage
from curate.publish.drawn import markdown, picture
from curate.publish.markdown import fenced, plain
from curate.publish.public import hider, walk
from curate.sections import Section
from train import telling
from train.front import front
from train.report.learnt import mixture, training
from train.report.rows import links
from train.report.scores import exposed, gate, measured

#: The picture of the loss, beside the card.
LOSS = "loss.svg"
#: Items below which a score's interval is called wide.
FEW = 100


def write(found: dict[str, Any], folder: str) -> None:
    """README.md, and the picture that it shows, in the artefact's folder."""
    drawn = loss(found, folder)
    if drawn:
        manifest.write_text(f"{folder}/{LOSS}", drawn)
    else:
        storage.remove(f"{folder}/{LOSS}")
    manifest.write_text(f"{folder}/README.md", card(found, folder))


def loss(found: dict[str, Any], folder: str) -> str:
    """The loss by step as an SVG file; empty where nothing was logged."""
    points = [(line["step"], line["loss"]) for line in telling.log(folder, found) if "loss" in line]
    return picture(sections.lines("Loss", {"loss": points})) if len(points) > 1 else ""


def card(found: dict[str, Any], folder: str) -> str:
    """The README.md of the model whose manifest is `found`. What the gate refused is said first; paths of this machine
    are left out; whatever stands in data or names shows as text."""
    hide = hider(found)
    tree = _tree(found, folder)
    parts = [
        f"---\n{front(found, tree, hide)}---",
        f"# {plain(found['pipeline'])} / {plain(found['stage'])}",
        markdown(walk([_refused(found)], hide)) if _faults(found) else "",
        plain(hide(_what(found)), 2000),
        *_told(found, folder, tree),
        "## Known gaps\n\n" + "\n".join(f"- {plain(hide(gap), 2000)}" for gap in gaps(found, tree)),
        "## Loading it\n\n" + fenced(_load(found), "python"),
        "## Making it again\n\n" + _again(found, hide(str(found["stage"]))),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _tree(found: dict[str, Any], folder: str) -> dict[str, Any]:
    """The lineage; before the manifest is written, from what it will hold."""
    try:
        return lineage(folder, found=found)
    except CurateError:
        return {"from": [], "sources": [], "notes": []}


def _faults(found: dict[str, Any]) -> list[str]:
    return [str(fault) for fault in (found.get("verdict") or {}).get("faults") or ()]


def _refused(found: dict[str, Any]) -> Section:
    told = "This model was refused by its own gate. Do not use it without reading why."
    rows = [[fault] for fault in _faults(found)]
    fault = sections.table("", {"what the gate said": "text"}, rows)
    return sections.section("refused", "Failed", sections.note(told, "bad"), fault)


def _what(found: dict[str, Any]) -> str:
    model, spent = found["model"], found["training"]
    name, _ = telling.objective(found)
    size = f"{model['parameters']:,} parameters" if model.get("parameters") else "A model"
    tokens = f", on {spent['tokens']:,} tokens in {spent['steps']:,} steps" if spent.get("tokens") else ""
    adapter = (model.get("adapter") or {}).get("name", "full")
    how = "" if adapter == "full" else f" with a {adapter} adapter"
    return (
        f"{size}, {model.get('architecture')}: {name}{how} from {telling.began(found)}{tokens}. It is the stage "
        f"{found['stage']} of the pipeline {found['pipeline']}, made by curate {found['environment']['curate']} on "
        f"{found['created'][:10]}."
    )


def _told(found: dict[str, Any], folder: str, tree: dict[str, Any]) -> Iterator[str]:
    """What the report tells too, as Markdown, with the loss as a picture."""
    learnt = training(found, [])
    learnt["blocks"] = [block for block in learnt["blocks"] if block["type"] != "note"]
    judged, seen, canaries = gate(found), mixture(found, []), exposed(found["scores"])
    first = [*measured(found), *([judged] if judged and not _faults(found) else []), learnt]
    behind = [sections.section("lineage", "Lineage", links(tree))] if tree.get("stage") else []
    if canaries:  # its table says what the chart shows
        canaries["blocks"] = [block for block in canaries["blocks"] if block["type"] != "bars"]
    hide = hider(found)
    yield markdown(walk(first, hide))
    if storage.exists(f"{folder}/{LOSS}"):
        yield f"![Loss by step]({LOSS})"
    yield markdown(walk([part for part in (seen, *behind, canaries) if part], hide))


def gaps(found: dict[str, Any], tree: dict[str, Any]) -> Iterator[str]:
    """What is not known of the model, or was not done."""
    suite = found["parts"]["config"].get("evaluate") or {}
    if why := suite.get("skip"):
        yield f"It was not measured: {why}."
    for group, why in (suite.get("skipped") or {}).items():
        yield f"{group} abilities were not measured: {why}."
    groups = {entry["group"] for entry in found["scores"].values()}
    for group, told in _UNMEASURED.items():
        if group not in groups:
            yield told
    few = [n for n, e in telling.whole(found["scores"]).items() if e["n"] < FEW]
    if few:
        yield f"Measured on fewer than {FEW} items, so that only large changes can be told: {', '.join(few)}."
    if found["parts"]["config"].get("limit"):
        yield "It is a trial: training was cut short (--limit)."
    if found["parts"]["config"].get("canaries"):
        yield "It was trained with canaries: invented secrets, planted to measure what it memorises."
    if odd := telling.unequal(found):
        yield f"{odd[0].upper()}{odd[1:]}."
    unnamed = [row["name"] for row in telling.data(found) if not row["licenses"]]
    if unnamed:
        yield f"No licence is named for the data {', '.join(unnamed)}."
    yield from (f"{note}: what was before cannot be told." for note in tree.get("notes", ()))
    yield "It was trained once, with one seed: intervals are over items, and say nothing of other runs."


_UNMEASURED = {
    "safety": "Whether it refuses what is harmful was not measured.",
    "memorisation": "What it memorised of its training data was not measured.",
    "probe": "Toxicity and bias were not probed.",
}


def _load(found: dict[str, Any]) -> str:
    kind = found["model"].get("architecture") or ""
    auto = next((auto for end, auto in _AUTO.items() if kind.endswith(end)), "AutoModelForCausalLM")
    head = f"from transformers import AutoTokenizer, {auto}\n\n"
    here = 'here = "owner/name"  # this repository, or a folder that holds a copy of it\n'
    adapter = (found["model"].get("adapter") or {}).get("name", "full")
    load = f"tokenizer = AutoTokenizer.from_pretrained(here)\nmodel = {auto}.from_pretrained(here)\n"
    if not found["outputs"].get("adapter"):
        return head + here + load
    base = telling.hub_base(found) or "base"
    if adapter == "prefix":
        more = "\n# No weights express a prefix: it stands before the model that it was trained for.\n"
    else:
        more = (
            "\n# The weights above have the adapter in them. The adapter alone, on what it was trained for:\n"
        )
    return (
        f"from peft import PeftModel\n{head}{here}{load}{more}"
        f'model = PeftModel.from_pretrained({auto}.from_pretrained("{base}"), here, subfolder="adapter")\n'
    )


_AUTO = {
    "ForMaskedLM": "AutoModelForMaskedLM",
    "ForSequenceClassification": "AutoModelForSequenceClassification",
}


def _again(found: dict[str, Any], stage: str) -> str:
    libraries = found["parts"].get("libraries") or {}
    versions = {
        "curate": found["environment"]["curate"],
        "python": found["environment"]["python"],
        **libraries,
    }
    listed = ", ".join(f"{name} {version}" for name, version in versions.items())
    seed = found["parts"]["config"].get("seed")
    return "\n\n".join(
        [
            f"Fingerprint `{found['fingerprint']}`, seed {plain(seed)}. It stands for the same data in the same order "
            "and the same settings; weights agree to rounding, which other hardware does otherwise. The "
            "pipeline file and the manifest, with SHA-256 of every file, lie in `curate/`.",
            fenced(f"curate run pipeline.yaml --stage {stage}", "sh"),
            f"Versions: {plain(listed, 4000)}.",
        ]
    )
