"""What must be right before anything is published. Each refusal can be overridden by name, with a reason that the card
then shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from curate.errors import ConfigError, GateError
from curate.publish import licences
from curate.publish.origins import Stage

#: Names of refusals, as `--override NAME=why` takes them.
NAMES = (
    "verdict",
    "upstream",
    "pii",
    "audit",
    "license-missing",
    "license-unknown",
    "license-conflict",
)


@dataclass(frozen=True)
class Refusal:
    """One gate's no: what is wrong, in numbers, and what mends it. `reason` is that of an override."""

    name: str
    message: str
    remedy: str
    reason: str = ""


@dataclass(frozen=True)
class Terms:
    """Under which licence a release goes out: `declared` None where there is none to name."""

    declared: str | None
    counts: Mapping[str | None, int]  # documents by the licence that they name

    @property
    def mixed(self) -> bool:
        """Whether every document keeps its own."""
        return self.declared == licences.MIXED


def terms(counts: Mapping[str | None, int], declared: str | None) -> Terms:
    """The licence of a release: the declared one, or the one that serves all of its documents."""
    if declared is not None:
        known = licences.licence(declared)
        return Terms(declared if known is None else known.name, counts)
    found = [licences.licence(text) for text in counts if text]
    whole = [one for one in found if one is not None]
    if not whole or len(whole) < len(counts):
        return Terms(None, counts)
    common = licences.common(list(dict.fromkeys(whole)))
    return Terms(common.name if common else None, counts)


def judge(stage: Stage, found: Terms, overrides: Mapping[str, str]) -> list[Refusal]:
    """The refusals that were overridden, each with its reason.

    Raises:
        ConfigError: an override has no such name, or no reason.
        GateError: something is wrong and not overridden; the message names all of it.
    """
    for name, reason in overrides.items():
        if name not in NAMES:
            raise ConfigError(f"there is no refusal '{name}' to override, only {', '.join(NAMES)}")
        if not reason.strip():
            raise ConfigError(f"--override {name}= needs a reason: it is written into the card")
    refusals = [*_made(stage), *_private(stage), *_licensed(stage, found)]
    standing = [refusal for refusal in refusals if refusal.name not in overrides]
    if standing:
        told = "\n".join(f"  {r.name}: {r.message}\n    {r.remedy}" for r in standing)
        names = " ".join(f"--override {name}='why'" for name in dict.fromkeys(r.name for r in standing))
        raise GateError(
            f"not published, {len(standing)} of {len(NAMES)} gates said no:\n{told}\n"
            f"Or override, with a reason that the card will show: {names}"
        )
    return [Refusal(r.name, r.message, r.remedy, overrides[r.name]) for r in refusals]


def _made(stage: Stage) -> list[Refusal]:
    """Whether the run was well, here and in every stage behind."""
    out = []
    for one in stage.chain:
        verdict = one.manifest.get("verdict") or {}
        if not verdict.get("ok"):
            faults = "; ".join(map(str, verdict.get("faults", ()))) or "it has no verdict"
            out.append(Refusal("verdict", f"stage {one.name} failed: {faults}", "mend it and run it again"))
        if one.missing:
            out.append(
                Refusal(
                    "upstream",
                    f"stage {one.name} was made from {', '.join(one.missing)}, whose artefact is not beside it: "
                    "licences and private data cannot be told",
                    "run the pipeline again, or publish from its output folder",
                )
            )
    return out


def _private(stage: Stage) -> list[Refusal]:
    """Whether private data were taken out, and a second look found them gone."""
    if not stage.scrubbed:
        kept = stage.manifest["totals"].get("kept")
        what = "what the model was trained on" if kept is None else f"{kept:,} documents"
        return [
            Refusal(
                "pii",
                f"no step took private data out of {what}",
                "add the step pii to the pipeline (docs/pii.md)",
            )
        ]
    out = []
    for one in stage.chain:
        audit = one.manifest.get("audit")
        if not audit:
            continue
        steps = {step["step"]: step["params"] for step in one.manifest["steps"]}
        limit = steps.get(audit["step"], {}).get("max_residual")
        if audit["share"] > (limit or 0.0):
            out.append(
                Refusal(
                    "audit",
                    f"{audit['touched']:,} of {audit['sampled']:,} finished documents of stage {one.name} still hold "
                    f"private data ({audit['share']:.2%}; max_residual is "
                    f"{'not set: none may' if limit is None else f'{limit:.2%}'})",
                    f"look at the table {audit['step']}/residual (curate inspect --evidence), or set max_residual",
                )
            )
    return out


def _licensed(stage: Stage, found: Terms) -> list[Refusal]:
    """Whether the documents' licences are there, known, and go together."""
    out = []
    total = sum(found.counts.values())
    if none := found.counts.get(None, 0):
        named = ", ".join(name for name, text in stage.licences.items() if not text)
        out.append(
            Refusal(
                "license-missing",
                f"{none:,} of {total:,} documents name no licence"
                + (f" (sources: {named})" if named else ""),
                "give each source its `license` in the pipeline",
            )
        )
    known = {text: licences.licence(text) for text in found.counts if text}
    strange = {text: found.counts[text] for text, one in known.items() if one is None}
    if strange:
        listed = ", ".join(f"{text!r} ({n:,} documents)" for text, n in sorted(strange.items())[:10])
        out.append(
            Refusal(
                "license-unknown",
                f"{len(strange)} licences are not in the table: {listed}",
                "write their SPDX names (docs/publishing.md)",
            )
        )
    whole = list(dict.fromkeys(one for one in known.values() if one))
    if problems := _problems(stage, found, whole):
        out.append(
            Refusal(
                "license-conflict",
                "; ".join(problems),
                f"publish the sources apart, or name the licence with --license ({licences.MIXED}: every document "
                "keeps its own, in the column `license`)",
            )
        )
    return out


def _problems(stage: Stage, found: Terms, whole: list[licences.Licence]) -> list[str]:
    problems = []
    fixed = [one.name for one in whole if not one.derivatives]
    changing = [
        step["step"] for one in stage.chain for step in one.manifest.get("steps", ()) if step.get("rewrites")
    ]
    if fixed and changing:
        problems.append(
            f"{', '.join(fixed)} forbids changed versions, and {', '.join(changing)} changed the texts"
        )
    if found.mixed:
        if "license" not in stage.manifest.get("columns", {}):
            problems.append("the documents have no column `license` that could say which is whose")
        return problems
    if found.declared is None:
        return problems + licences.conflicts(whole)
    declared = licences.licence(found.declared)
    if declared is None:
        return [*problems, f"nothing is known of --license {found.declared!r}"]
    return problems + [why for one in whole if (why := licences.against(one, declared))]
