"""Stages of kind evaluate for the engine (`curate.kinds`): a model measured by a suite, beside others, and judged."""

from __future__ import annotations

import inspect
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from curate import manifest, storage
from curate.executors import Pool
from curate.fingerprint import closure
from curate.manifests import head
from curate.pipeline import Pipeline
from curate.plan import Planned, artefact
from curate.shards import copied
from curate.step import Step
from curate.validation import validate
from curate.yamlfile import Path as Place
from curate.yamlfile import YamlFile, nearest
from train.evaluate import suite as suites
from train.gate import Limits, unmeasured, untried, verdict
from train.models import checked

#: Keys that name models.
MODELS = ("model", "against", "control")


class ScorecardConfig(BaseModel):
    """A stage of kind evaluate as written; the suite's keys stand beside its own."""

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())

    kind: Literal["evaluate"] = "evaluate"
    model: str = Field(description="a stage, an artefact's folder, any folder, or hf://owner/name@revision")
    against: str | None = Field(None, description="the model that it is compared with")
    control: str | None = Field(None, description="another, trained on as many other tokens")
    adapters: dict[str, list[str]] | None = Field(
        None,
        min_length=2,
        description="stages that trained a LoRA adapter on the model, each with its tasks' names",
    )
    gate: Limits = Field(default_factory=Limits)  # type: ignore[arg-type]
    general: Any = Field(None, description="a list of measurers, or {skip: why}")
    domain: Any = Field(None, description="a list of measurers, or {skip: why}")
    safety: Any = None
    memorisation: Any = None
    probes: Any = None

    @property
    def sources(self) -> list[Any]:
        """None of its own in the engine's sense."""
        return []


@dataclass(frozen=True)
class ScorecardStage:
    """A checked stage. `upstream` are the stages that it reads: models, and what they are measured on."""

    name: str
    config: ScorecardConfig
    suite: suites.Suite
    seed: int
    upstream: list[str]
    kind: str = "evaluate"
    steps: list[Any] = field(default_factory=list)
    written: dict[str, Any] = field(default_factory=dict)
    source_names: tuple[str, ...] = ()


@dataclass(frozen=True)
class ScorecardPlan(Planned):
    """A stage, resolved. `folders` are the artefacts of the stages that it reads, by stage."""

    stage: ScorecardStage
    folders: dict[str, str]
    tasks: None = None
    private: None = None
    trial: bool = False

    def address(self, name: str) -> str:
        """Where what the pipeline calls `name` lies."""
        return self.folders.get(name, name)


def report(found: dict[str, Any], folder: str, *, texts: bool = True) -> dict[str, Any]:
    """What is special to a scorecard in reports."""
    from train.report import scorecard

    return scorecard(found, folder, texts=texts)


def told(found: dict[str, Any]) -> list[str]:
    """What is printed of it after a run: the scores, beside those that they are compared with."""
    from train.telling import printed

    return printed(found)


def reads(raw: dict[str, Any]) -> Iterator[tuple[Place, str]]:
    """What a stage as written names: models, and stages whose rows it is measured on."""
    yield from (((key,), raw[key]) for key in MODELS if isinstance(raw.get(key), str))
    adapters = raw.get("adapters")
    yield from ((("adapters", name), name) for name in (adapters if isinstance(adapters, dict) else ()))
    yield from suites.reads({key: raw[key] for key in suites.KEYS if key in raw}, ())


def check(
    yml: YamlFile, place: Place, name: str, raw: dict[str, Any], before: dict[str, Any], seed: int
) -> ScorecardStage | None:
    """The stage `raw`, or None with a fault for each thing wrong."""
    faults = len(yml.faults)
    config: ScorecardConfig | None = validate(yml, place, ScorecardConfig, raw)
    kinds = _models(yml, place, config, before) if config else set()
    if len(kinds) > 1 and "masked" in kinds:
        yml.fault(place, f"models of kinds that do not compare: {', '.join(sorted(kinds))}")
    asked = {key: raw[key] for key in suites.KEYS if key in raw}
    suite = suites.checked(
        yml,
        place,
        asked,
        before,
        both=False,
        of=max(kinds, key=lambda kind: kind != "causal", default="causal"),
    )
    if suite and not suite.entries:
        yml.fault(place, "nothing is measured", f"give it one of {', '.join(suites.KEYS[:-1])}")
    elif suite and config:
        _fits(yml, place, config, suite)
    upstream = list(dict.fromkeys(ref for _, ref in reads(raw) if ref in yml.value["stages"]))
    if (
        config is None
        or len(yml.faults) > faults
        or suite is None
        or any(ref not in before for ref in upstream)
    ):
        return None
    return ScorecardStage(name, config, suite, seed, upstream)


def _fits(yml: YamlFile, place: Place, config: ScorecardConfig, suite: suites.Suite) -> None:
    """Faults of limits and tasks that nothing measures."""
    for key, told in unmeasured(config.gate, suite, compared=config.against is not None):
        yml.fault((*place, "gate", key), told, "measure it, or leave the limit out")
    if suite.canaries_of_its_own:
        yml.fault((*place, "memorisation", "canaries"), "nothing is trained here: name a file of canaries")
    for name, tasks in (config.adapters or {}).items():
        for task in tasks:
            if not any(task == own or task.startswith(f"{own}/") for own in suite.names()):
                told = f"nothing that is measured is called '{task}'"
                yml.fault((*place, "adapters", name), told, nearest(task, suite.names()))


def _models(yml: YamlFile, place: Place, config: ScorecardConfig, before: dict[str, Any]) -> set[str]:
    """The kinds of the models that a stage names, as far as they can be told."""
    named: dict[Place, str] = {(key,): ref for key in MODELS if (ref := getattr(config, key)) is not None}
    named |= {("adapters", ref): ref for ref in config.adapters or {}}
    for ref in config.adapters or {}:
        base = before[ref].config.model if ref in before and before[ref].kind == "train" else config.model
        if base != config.model:
            yml.fault((*place, "adapters", ref), f"'{ref}' was trained on {base}, not on {config.model}")
    return {kind for at, ref in named.items() if (kind := checked(yml, (*place, *at), ref, before))}


def plan(
    pipeline: Pipeline,
    stage: ScorecardStage,
    out: str,
    before: dict[str, Any],
    *,
    limit: int | None = None,
    accept_code: bool = False,
    make_key: bool = False,
) -> ScorecardPlan:
    """What a run would do. A limit (of records) changes nothing here: measurers have limits of their own."""
    from train.building import identity

    upstream = {name: before[name].fingerprint for name in stage.upstream}
    folders = {name: before[name].folder for name in stage.upstream}
    named = {key: ref for key in MODELS if (ref := getattr(stage.config, key)) is not None}
    elsewhere = {f"model {ref}": identity(ref) for ref in named.values() if ref not in upstream}
    code, libraries = closure(["train.scorecard", "train.evaluate.run"])
    parts = {
        "config": {
            **named,
            "adapters": stage.config.adapters,
            "suite": stage.suite.told(),
            "seed": stage.seed,
        },
        "inputs": elsewhere | stage.suite.inputs(stage.upstream),
        "upstream": upstream,
        "code": code,
        "libraries": libraries,
    }
    return ScorecardPlan(stage, *artefact(stage.name, out, parts, accept_code), folders)


def lines(made: ScorecardPlan) -> list[str]:
    """What `curate check` prints of it."""
    config = made.stage.config
    beside = [f"against {config.against}"] if config.against else []
    beside += [f"control {config.control}"] if config.control else []
    return [f"  {' '.join([config.model, *beside])}", f"  measured by: {', '.join(made.stage.suite.names())}"]


def build(pipeline: Pipeline, made: ScorecardPlan, work: Path, pool: Pool, quiet: bool) -> None:
    """Measure, compare, write the items and commit the manifest."""
    from train.building import identity
    from train.company import of_stages
    from train.evaluate.run import evaluated, scores, write

    began = time.time()
    config, suite, seed = made.stage.config, made.stage.suite, made.stage.seed
    found, models, kept = dict[str, Any](), dict[str, Any](), work.parent / "scores"
    for key in MODELS:
        if (ref := getattr(config, key)) is None:
            continue
        address = made.address(ref)
        what = "stage" if ref in made.folders else "address"
        models[key] = {what: ref, "at": address, "fingerprint": identity(address)}
        found[key] = evaluated(
            address, models[key]["fingerprint"], suite, made.address, kept=kept, seed=seed, quiet=quiet
        )
    folder = work / "stages" / made.stage.name / made.fingerprint[:16]
    written = write(found["model"], folder)
    kept_items = [copied(path, f"{made.folder}/evidence/scores", path.name) for path in written]
    outputs = {"evidence": {"scores": kept_items}}
    manifest.write(
        made.folder,
        head(pipeline, made, began)
        | {
            "totals": {"bytes": sum(entry["bytes"] for entry in outputs["evidence"]["scores"])},
            "models": models,
            "scores": scores(found["model"], found.get("against"), found.get("control"), seed=seed),
            "scored_against": models.get("against"),
            "company": of_stages(made) if config.adapters else [],
            "gate": config.gate.model_dump(),
            "outputs": outputs,
            "variables": pipeline.variables,
            "pipeline_file": manifest.read_text(pipeline.file) or "",
        },
    )
    shutil.rmtree(folder.parent, ignore_errors=True)


def judge(made: ScorecardPlan) -> tuple[list[str], bool]:
    """What keeps the model from being good under the limits as they are now; it is always the gate alone that says."""
    found = manifest.read(made.folder)
    assert found is not None
    limits = made.stage.config.gate
    faults = verdict(found["scores"], limits) + untried(found["scores"], made.stage.suite)
    if found["verdict"] != {"ok": not faults, "faults": faults}:
        found["verdict"] = {"ok": not faults, "faults": faults}
        found["gate"] = limits.model_dump()
        manifest.write(made.folder, found)
        storage.remove(f"{made.folder}/report.html")  # it shows the verdict that was
    return faults, bool(faults)


def parts() -> dict[str, dict[str, Step]]:
    """Measurers with their settings, for `curate steps`."""
    every = suites.KINDS | suites.WHOLES
    return {
        "measurers of evaluate:": {
            name: Step(name, _signature(made), made.__module__) for name, made in every.items()
        }
    }


def _signature(settings: type[BaseModel]) -> Callable[..., Any]:
    """Settings as the parameters of a function, which is what `curate steps` tells of."""

    def made(**_: Any) -> None: ...

    made.__doc__ = settings.__doc__
    keyword = inspect.Parameter.KEYWORD_ONLY
    made.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [
            inspect.Parameter(
                name,
                keyword,
                default=inspect.Parameter.empty
                if found.is_required()
                else found.get_default(call_default_factory=True),
                annotation=Annotated[found.annotation, found],
            )
            for name, found in settings.model_fields.items()
        ]
    )
    return made
