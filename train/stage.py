"""Stages of kind train for the engine (`curate.kinds`): checked, planned, built, judged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from curate import manifest, storage
from curate.executors import Pool
from curate.fingerprint import closure
from curate.pipeline import Pipeline
from curate.plan import Planned, artefact
from curate.step import Step
from curate.validation import validate
from curate.yamlfile import Path as Place
from curate.yamlfile import YamlFile
from train import card, checks, gate
from train.config import Preset, TrainConfig
from train.data.documents import documents
from train.evaluate import suite as suites
from train.models import TOKENIZER, path_of
from train.objective import Objective, load_objective, objective_names
from train.report import report as report
from train.rows import entries
from train.settings import scheduled
from train.telling import printed

#: Settings that change where and how fast a model is trained, not (beyond rounding) what comes out; `evaluate` is told
#: apart, and the gate judges what is there.
IDLE = set("devices sharded precision compile checkpoint_every micro_batch gate evaluate".split())


@dataclass(frozen=True)
class TrainStage:
    """A checked stage. `upstream` are the stages that it reads: its start, its data, what it is measured on."""

    name: str
    config: TrainConfig
    objective: Objective
    params: dict[str, Any]
    suite: Any
    seed: int
    upstream: list[str]
    makes: str = "causal"
    kind: str = "train"
    steps: list[Any] = field(default_factory=list)
    written: dict[str, Any] = field(default_factory=dict)
    source_names: tuple[str, ...] = ()


@dataclass(frozen=True)
class TrainPlan(Planned):
    """A stage, resolved. `folders` are the artefacts of the stages that it reads, by stage."""

    stage: TrainStage
    folders: dict[str, str]
    limit: int | None
    tasks: None = None
    private: None = None

    @property
    def trial(self) -> bool:
        """Whether a limit cuts the training short."""
        return self.limit is not None

    def address(self, name: str) -> str:
        """Where a model or data called `name` in the pipeline lie."""
        return self.folders.get(name, name)


def reads(raw: dict[str, Any]) -> Iterator[tuple[Place, str]]:
    """What a stage as written names besides its parameters: stages, or folders and files."""
    model, anneal = raw.get("model"), raw.get("anneal")
    names: dict[Place, Any] = {("model",): model, ("control",): raw.get("control")}
    if isinstance(model, list):
        names |= {("model", i): name for i, name in enumerate(model)}
    if isinstance(model, dict):
        names["model", "tokenizer"] = model.get("tokenizer")
    more = anneal.get("data") if isinstance(anneal, dict) else None
    for place, data in ((("data",), raw.get("data")), (("anneal", "data"), more)):
        for i, entry in enumerate(data if isinstance(data, list) else []):
            names[*place, i, "from"] = entry.get("from") if isinstance(entry, dict) else None
    objective = raw.get("objective")
    if isinstance(objective, dict) and len(objective) == 1:
        ((name, params),) = objective.items()
        for key in checks.MODELS:
            if isinstance(params, dict) and isinstance(params.get(key), str) and "/" not in params[key]:
                names[("objective", name, key)] = params[key]
    yield from ((place, name) for place, name in names.items() if isinstance(name, str))
    yield from suites.reads(raw.get("evaluate"))


def check(
    yml: YamlFile, place: Place, name: str, raw: dict[str, Any], before: dict[str, Any], seed: int
) -> TrainStage | None:
    """The stage `raw`, or None with a fault for each thing wrong."""
    faults = len(yml.faults)
    config: TrainConfig | None = validate(yml, place, TrainConfig, raw)
    found = checks.objective_of(yml, (*place, "objective"), raw.get("objective"))
    of = makes(*found) if found else "causal"
    suite = suites.checked(yml, (*place, "evaluate"), raw.get("evaluate"), before, of=of)
    if config is None or found is None:
        return None
    objective, params = found
    checks.fits(yml, place, config, objective)
    checks.data(yml, place, config, objective, before)
    checks.starts(yml, place, config, objective, params, before)
    checks.measures(yml, place, config, suite)
    upstream = list(dict.fromkeys(ref for _, ref in reads(raw) if ref in yml.value["stages"]))
    if len(yml.faults) > faults or suite is None or any(ref not in before for ref in upstream):
        return None
    return TrainStage(name, config, objective, params, suite, seed, upstream, of)


def makes(objective: Objective, params: dict[str, Any]) -> str:
    """The kind of model that comes out."""
    return "masked" if params.get("masked") else objective.kind


def plan(
    pipeline: Pipeline,
    stage: TrainStage,
    out: str,
    before: dict[str, Any],
    *,
    limit: int | None = None,
    accept_code: bool = False,
    make_key: bool = False,
) -> TrainPlan:
    """What a run would do; `limit` is the number of steps at most."""
    upstream = {name: before[name].fingerprint for name in stage.upstream}
    folders = {name: before[name].folder for name in stage.upstream}
    own = [stage.objective.func.__module__, *_rewards(stage.params)]
    code, libraries = closure([*own, "train.worker", "train.data.dataset"])
    parts = {
        "config": _config(stage, limit),
        "inputs": _inputs(stage),
        "upstream": upstream,
        "code": code,
        "libraries": libraries,
    }
    return TrainPlan(stage, *artefact(stage.name, out, parts, accept_code), folders, limit)


def _config(stage: TrainStage, limit: int | None) -> dict[str, Any]:
    written = stage.config.model_dump(by_alias=True, mode="json", exclude=IDLE)
    written["objective"] = {stage.objective.name: stage.objective.signature.filled(stage.params)}
    written["schedule"] = scheduled(stage.config.schedule, stage.objective).model_dump()
    return (
        written | {"evaluate": stage.suite.told(), "seed": stage.seed} | ({"limit": limit} if limit else {})
    )


def _rewards(params: dict[str, Any]) -> list[str]:
    """Modules of the rewards that are named by their paths."""
    named = params.get("rewards")
    return [name.rpartition(".")[0] for name in named if "." in name] if isinstance(named, dict) else []


def _inputs(stage: TrainStage) -> dict[str, Any]:
    """Files that are read beside other stages' artefacts, with their stamps."""
    found: dict[str, Any] = {}
    for entry in entries(stage.config):
        if entry.from_ not in stage.upstream:
            found[entry.from_] = documents(entry.from_, split=entry.split, columns=entry.columns).fingerprint
    for _, name in [*checks.models(stage.config), *checks.beside(stage.objective, stage.params)]:
        if name not in stage.upstream and not name.startswith("hf://"):
            files = storage.listing([path_of(name, signs=TOKENIZER)[0]])
            found[name] = [[f.name, f.size, f.stamp] for f in files if "/" not in f.name]
    return found | stage.suite.inputs(stage.upstream)


def lines(made: TrainPlan) -> list[str]:
    """What `curate check` prints of it."""
    config, stage = made.stage.config, made.stage
    given = config.model
    start = f"scratch ({given.preset})" if isinstance(given, Preset) else given
    start = ", ".join(start) if isinstance(start, list) else start
    epochs = config.epochs or stage.objective.epochs or 1.0
    amount = f"{config.tokens:,} tokens" if config.tokens else f"{epochs:g} epochs"
    how = f", {amount}, rows of {config.sequence_length} tokens" if config.data else ""
    told = [f"  {stage.objective.name} from {start}{how}"]
    told += [f"  data: {', '.join(_told(entry) for entry in config.data)}"] if config.data else []
    return [*told, f"  measured by: {', '.join(stage.suite.names()) or 'nothing: ' + stage.suite.skip}"]


def _told(entry: Any) -> str:
    return f"{entry.name or entry.from_}" + (f" {entry.share:.0%}" if entry.share is not None else "")


def build(pipeline: Pipeline, made: TrainPlan, work: Path, pool: Pool, quiet: bool) -> None:
    """Train, measure, compare with the stage before, and commit the manifest."""
    from train.building import build as built

    built(pipeline, made, work, quiet)


def judge(made: TrainPlan) -> tuple[list[str], bool]:
    """What keeps the model from being good: the gate, under the limits as they are now; whether it is that alone."""
    found = manifest.read(made.folder)
    assert found is not None
    limits = made.stage.config.gate
    faults = gate.verdict(found["scores"], limits) + gate.untried(found["scores"], made.stage.suite)
    if found["verdict"] != {"ok": not faults, "faults": faults}:
        found["verdict"] = {"ok": not faults, "faults": faults}
        found["gate"] = limits.model_dump()
        manifest.write(made.folder, found)
        card.write(found, made.folder)  # it and the report say what the gate said
        storage.remove(f"{made.folder}/report.html")
    return faults, bool(faults)


def parts() -> dict[str, dict[str, Step]]:
    """Objectives, for `curate steps`."""
    return {
        "objectives of kind train:": {n: o.signature for n in objective_names() if (o := load_objective(n))}
    }


#: What is printed of a model after a run (`curate.kinds`).
told = printed
