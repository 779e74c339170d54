"""A suite as it stands in YAML, checked: what a model is measured by, in which group.

```yaml
evaluate:
  general: [{bits: {path: wiki.txt}}, {minimal_pairs: {path: blimp.tar.gz, good: sentence_good, bad: sentence_bad}}]
  domain: [{bits: {from: corpus, split: validation}}]
  safety: {harmful: {path: harmful.csv}, harmless: {path: harmless.csv}}
```

or `{skip: why}`, for the whole or for `general` or `domain` alone.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from curate.errors import ConfigError
from curate.fingerprint import digest
from curate.validation import validate
from curate.yamlfile import Path as Place
from curate.yamlfile import YamlFile, nearest
from train.audit.settings import Memorisation
from train.evaluate import rows
from train.evaluate.looks import seen
from train.evaluate.settings import (
    Bits,
    Choice,
    Generate,
    LastWord,
    LmEval,
    Pairs,
    Preferences,
    Probes,
    Rows,
    Safety,
)

#: What entries of `general` and `domain` can be.
KINDS: dict[str, type[BaseModel]] = {
    "bits": Bits,
    "choice": Choice,
    "minimal_pairs": Pairs,
    "last_word": LastWord,
    "generate": Generate,
    "preferences": Preferences,
    "lm_eval": LmEval,
}
#: What can be asked of models that write nothing.
ABLE = {"masked": ("bits",), "reward": ("preferences",)}
#: What stands beside them.
WHOLES: dict[str, type[BaseModel]] = {"safety": Safety, "memorisation": Memorisation, "probes": Probes}
KEYS = ("general", "domain", *WHOLES, "skip")


@dataclass(frozen=True)
class Entry:
    """One measurer with its settings; its scores are called `name` or begin with it."""

    group: str
    kind: str
    name: str
    settings: Any

    @property
    def told(self) -> dict[str, Any]:
        """Its settings as plain data, for fingerprints."""
        return {"name": self.name, self.kind: self.settings.model_dump(by_alias=True, mode="json")}


@dataclass(frozen=True)
class Suite:
    """Checked. `skip` says why nothing is measured, `skipped` why one of general and domain is not."""

    entries: tuple[Entry, ...] = ()
    skip: str | None = None
    skipped: Mapping[str, str] = field(default_factory=dict)

    def told(self) -> dict[str, Any]:
        """As plain data, for fingerprints and manifests."""
        gone = {"skip": self.skip} if self.skip is not None else {}
        return gone | {"entries": [entry.told for entry in self.entries], "skipped": dict(self.skipped)}

    def names(self) -> list[str]:
        """What it measures, for a person."""
        return [entry.name for entry in self.entries]

    def inputs(self, upstream: list[str]) -> dict[str, Any]:
        """Stamps of the files and artefacts that it reads, but for those of the stages `upstream`."""
        found = [(entry, of) for entry in self.entries for _, of in rows.row_sets(entry.settings)]
        own = {
            f"{entry.name} {rows.address(of)}": rows.stamps(of)
            for entry, of in found
            if of.from_ is None or of.from_ not in upstream
        }
        return own | ({"canaries": planted} if (planted := self.canaries()) else {})

    @property
    def canaries_of_its_own(self) -> bool:
        """Whether it asks for the canaries that the stage itself planted."""
        return any(e.kind == "memorisation" and e.settings.canaries is True for e in self.entries)

    def canaries(self) -> list[str]:
        """Digests of the files of canaries that it names."""
        named = [e.settings.canaries for e in self.entries if e.kind == "memorisation"]
        return [digest(Path(name).read_text(encoding="utf-8")) for name in named if isinstance(name, str)]

    def resolved(self, address: Callable[[str], str]) -> Suite:
        """With every stage that it reads replaced by where its artefact lies."""
        made = tuple(replace(e, settings=_resolved(e.settings, address)) for e in self.entries)
        return replace(self, entries=made)


def _resolved(settings: Any, address: Callable[[str], str]) -> Any:
    changed: dict[str, Any] = {}
    if isinstance(settings, Rows) and settings.from_:
        changed["from_"] = address(settings.from_)
    for key in type(settings).model_fields:
        if isinstance(getattr(settings, key), BaseModel):
            changed[key] = _resolved(getattr(settings, key), address)
    return settings.model_copy(update=changed)


def reads(raw: Any, at: Place = ("evaluate",)) -> Iterator[tuple[Place, str]]:
    """Stages that a suite as written names, with their places. What has a slash or is a file is none."""
    if isinstance(raw, dict):
        for key, value in raw.items():
            if key == "from" and isinstance(value, str):
                if not ("/" in value or Path(value).exists()):
                    yield (*at, key), value
            else:
                yield from reads(value, (*at, key))
    elif isinstance(raw, list):
        for i, value in enumerate(raw):
            yield from reads(value, (*at, i))


def suite(raw: dict[str, Any]) -> Suite:
    """A suite for notebooks and tests, of what would stand in YAML.

    Raises:
        ConfigError: with every fault found.
    """
    yml = YamlFile("suite", {"stages": {}})
    made = checked(yml, (), raw, {}, both=False)
    if made is None or yml.faults:
        raise ConfigError(yml.faults)
    return made


def checked(
    yml: YamlFile,
    place: Place,
    raw: Any,
    before: Mapping[str, Any],
    *,
    both: bool = True,
    of: str = "causal",
) -> Suite | None:
    """The suite `raw`, or None with a fault for each thing wrong: keys, files, columns, the first rows' answers.

    `before` are the checked stages by name. With `both`, general and domain must be there, or skipped with a reason.
    `of` is the kind of model that is measured.
    """
    faults = len(yml.faults)
    if not isinstance(raw, dict):
        told = "says what the model is measured by: general: […] and domain: […]"
        yml.fault(place, f"'evaluate' {told}", 'or {skip: "why"}')
        return None
    for key in raw:
        if key not in KEYS:
            yml.fault((*place, key), f"unknown key '{key}'", nearest(str(key), KEYS))
    if "skip" in raw:
        return _skipped(yml, place, raw)
    skipped: dict[str, str] = {}
    entries: list[Entry] = []
    for group in ("general", "domain"):
        given = raw.get(group)
        if isinstance(given, dict) and set(given) == {"skip"}:
            skipped[group] = _reason(yml, (*place, group, "skip"), given["skip"]) or ""
        elif given is not None or both:
            entries += _group(yml, (*place, group), group, given)
    for key, model in WHOLES.items():
        if raw.get(key) is not None:
            made = validate(yml, (*place, key), model, raw[key])
            label = "probe" if key == "probes" else key
            entries += [Entry(label, key, label, made)] if made else []
    _unique(yml, place, entries)
    if len(yml.faults) > faults:
        return None
    for entry in entries:
        if entry.kind not in (able := ABLE.get(of, (entry.kind,))):
            told = f"a {of} model writes nothing: it is measured by {', '.join(able)} alone"
            yml.fault(_place_of(raw, place, entry, entries), told)
        seen(yml, _place_of(raw, place, entry, entries), entry, before)
    return Suite(tuple(entries), None, skipped) if len(yml.faults) == faults else None


def _skipped(yml: YamlFile, place: Place, raw: dict[str, Any]) -> Suite | None:
    reason = _reason(yml, (*place, "skip"), raw["skip"])
    if len(raw) > 1:
        others = ", ".join(str(key) for key in raw if key != "skip")
        yml.fault(
            (*place, "skip"), f"nothing is measured, and yet {others} stand beside it", "remove one of them"
        )
        return None
    return Suite((), reason) if reason else None


def _reason(yml: YamlFile, place: Place, value: Any) -> str | None:
    if isinstance(value, str) and value.strip():
        return value
    yml.fault(place, f"skip says why, in words, not {value!r}")
    return None


def _group(yml: YamlFile, place: Place, group: str, given: Any) -> list[Entry]:
    if not isinstance(given, list) or not given:
        told = f"a stage is measured on general and domain both: '{group}' needs a list of measurers"
        yml.fault(
            place, told, f'such as - bits: {{path: …}}, or {{skip: "why"}}; there are {", ".join(KINDS)}'
        )
        return []
    found = [_entry(yml, (*place, i), group, value) for i, value in enumerate(given)]
    return [entry for entry in found if entry]


def _entry(yml: YamlFile, place: Place, group: str, value: Any) -> Entry | None:
    if not isinstance(value, dict) or len(value) != 1:
        yml.fault(
            place,
            "a measurer is one name with its settings, such as bits: {path: …}",
            f"there are {', '.join(KINDS)}",
        )
        return None
    ((kind, given),) = value.items()
    if kind not in KINDS:
        yml.fault(place, f"there is no measurer '{kind}'", nearest(str(kind), KINDS))
        return None
    settings = validate(yml, (*place, kind), KINDS[kind], {} if given is None else given)
    return Entry(group, kind, f"{group}/{settings.name or _named(settings)}", settings) if settings else None


def _named(settings: Any) -> str:
    """A name by what is read: the file's without endings, the stage's, the task's."""
    if isinstance(settings, LmEval):
        return settings.tasks[0] if len(settings.tasks) == 1 else "lm_eval"
    address = rows.address(settings).split(", ")[0].rstrip("/")
    label = address.rpartition("/")[2].split(".")[0]
    return re.sub(r"[^\w-]+", "_", label).strip("_") or "rows"


def _unique(yml: YamlFile, place: Place, entries: list[Entry]) -> None:
    for name, n in Counter(entry.name for entry in entries).items():
        if n > 1:
            group, _, label = name.partition("/")
            yml.fault(
                (*place, group), f"{n} measurers are called '{label}'", "give each a name of its own: name: …"
            )


def _place_of(raw: dict[str, Any], place: Place, entry: Entry, entries: list[Entry]) -> Place:
    if entry.group not in ("general", "domain"):
        return (*place, entry.kind)
    number = [other for other in entries if other.group == entry.group].index(entry)
    return (*place, entry.group, number, entry.kind)
