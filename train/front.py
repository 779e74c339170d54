"""The metadata at the head of a model's card, as the Hub reads it (huggingface.co/docs/hub/model-cards)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import yaml

from curate import manifest
from curate.display import all_visible
from curate.errors import CurateError
from curate.publish import licences
from curate.publish.public import walk
from train import telling

#: What a model is for, by the end of its class's name.
TASKS = {
    "ForMaskedLM": ("fill-mask", "Fill mask"),
    "ForSequenceClassification": ("text-classification", "Reward"),
}
TEXT = ("text-generation", "Text generation")
DATASETS = "hf://datasets/"


def front(found: dict[str, Any], tree: dict[str, Any], hide: Callable[[str], str] = str) -> str:
    """YAML: licence, languages, base model, data sets of the Hub, task, tags, results. `tree` is the lineage, `hide`
    takes out of words what may not be public."""
    chain = list(_chain(tree))
    kind = found["model"].get("architecture") or ""
    task, name = next((told for end, told in TASKS.items() if kind.endswith(end)), TEXT)
    adapter = (found["model"].get("adapter") or {}).get("name", "full")
    languages = sorted({code for node in chain for code in _languages(node)})
    base = telling.hub_base(found) or next(filter(None, map(_hub_base, _starts(tree))), None)
    sets = sorted({hub for node in chain for hub in _datasets(node)})
    told: dict[str, Any] = {
        **license_of(found, chain),
        **({"language": languages} if languages else {}),
        **({"base_model": base, "base_model_relation": _relation(found, adapter)} if base else {}),
        **({"datasets": sets} if sets else {}),
        "pipeline_tag": task,
        "library_name": "peft" if adapter == "prefix" else "transformers",
        "tags": _tags(found, adapter),
    }
    if results := list(_results(found, task, name)):
        told["model-index"] = [{"name": f"{found['pipeline']} / {found['stage']}", "results": results}]
    return yaml.safe_dump(walk(all_visible(told), hide), sort_keys=False, allow_unicode=True, width=110)


def _chain(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for link in node.get("from", ()):
        yield {"link": link} | link["node"]
        yield from list(_chain(link["node"]))[1:]


def _starts(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The models that one was trained from, one after the other."""
    for link in node.get("from", ()):
        if link.get("as") == "start":
            yield {"link": link} | link["node"]
            yield from _starts(link["node"])


def license_of(found: dict[str, Any], chain: list[dict[str, Any]]) -> dict[str, str]:
    """One licence that serves all data behind the model; `unknown` where some data or a base model name none that is
    known, `other` where no one licence serves them all."""
    named: set[str] = set()
    nameless = any(
        node["state"] != "there" and node["link"]["as"] == "start" for node in chain if "link" in node
    )
    for node in chain:
        link = node.get("link", {})
        if link.get("as") == "data":
            named |= set(link.get("licenses") or ())
            nameless |= not link.get("licenses")
    whole = [licences.licence(text) for text in sorted(named)]
    if nameless or not whole or None in whole:
        return {"license": "unknown"}
    common = licences.common([one for one in whole if one])
    if common is None:
        return {"license": "other", "license_name": "as-its-training-data-say"}
    return (
        {"license": common.hub} if common.hub else {"license": "other", "license_name": common.name.lower()}
    )


def _languages(node: dict[str, Any]) -> list[str]:
    """Languages that a corpus of the chain kept."""
    steps = ((_manifest(node).get("parts") or {}).get("config") or {}).get("steps") or []
    kept = [settings for step in steps if isinstance(step, dict) for settings in step.values()]
    found = [code for settings in kept if isinstance(settings, dict) for code in _codes(settings.get("keep"))]
    return [code for code in found if re.fullmatch(r"[a-z]{2,3}", code)]


def _codes(value: Any) -> list[str]:
    return [str(code) for code in value] if isinstance(value, list) else []


def _manifest(node: dict[str, Any]) -> dict[str, Any]:
    if node.get("state") != "there" or node.get("kind") != "curate":
        return {}
    try:
        return manifest.read(str(node["artefact"])) or {}
    except (CurateError, OSError):
        return {}


def _datasets(node: dict[str, Any]) -> Iterator[str]:
    for address in [node.get("stage"), *(source.get("path") for source in node.get("sources", ()))]:
        if str(address).startswith(DATASETS):
            yield "/".join(str(address).removeprefix(DATASETS).partition("@")[0].split("/")[:2])


def _hub_base(node: dict[str, Any]) -> str | None:
    name = str(node.get("stage") or "")
    if node.get("link", {}).get("as") != "start" or not name.startswith("hf://"):
        return None
    return name.removeprefix("hf://").partition("@")[0]


def _relation(found: dict[str, Any], adapter: str) -> str:
    """As the Hub names it: weights that are merged with their adapter are a fine-tuned model."""
    return "merge" if len(found["model"]["start"]) > 1 else "adapter" if adapter == "prefix" else "finetune"


def _tags(found: dict[str, Any], adapter: str) -> list[str]:
    failed = ["failed-its-gate"] if (found.get("verdict") or {}).get("faults") else []
    own = [] if adapter == "full" else [adapter]
    return list(dict.fromkeys(["curate", telling.objective(found)[0], *own, str(found["pipeline"]), *failed]))


def _results(found: dict[str, Any], task: str, name: str) -> Iterator[dict[str, Any]]:
    """A result for each score of the whole, its interval and what it was before in its name. Its data set has a type
    that is none of the Hub's: rows are the user's own, whatever they are called."""
    for score, entry in telling.whole(found["scores"]).items():
        before = entry.get("before")
        was = f"; {before['value']:.4g} before" if before else ""
        yield {
            "task": {"type": task, "name": name},
            "dataset": {"type": "custom", "name": score},
            "metrics": [
                {
                    "type": re.sub(r"\W+", "_", entry["metric"]).strip("_"),
                    "value": round(float(entry["value"]), 6),
                    "name": f"{entry['metric']} (95% {telling.ends(entry)}{was})",
                }
            ],
        }
