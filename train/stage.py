"""Stages of kind train for the engine (`curate.kinds`): checked, planned, built, judged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from curate import manifest, storage
from curate.errors import ConfigError
from curate.executors import Pool
from curate.fingerprint import closure
from curate.pipeline import Pipeline
from curate.plan import Planned, artefact
from curate.step import Step
from curate.usage import signature_fields
from curate.validation import validate
from curate.yamlfile import Path as Place
from curate.yamlfile import YamlFile, nearest
from train import card, gate
from train.config import Preset, TrainConfig
from train.data.documents import documents
from train.evaluate import suite as suites
from train.models import MODEL, TOKENIZER, checked, path_of
from train.objective import Objective, load_objective, objective_names
from train.report import report as report
from train.rows import able
from train.telling import printed

#: Settings that change where and how fast a model is trained, not (beyond rounding) what comes out.
IDLE = set("devices sharded precision compile checkpoint_every micro_batch gate evaluate control".split())


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
        for key in ("reward", "base", "reference"):
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
    found = _objective(yml, (*place, "objective"), raw.get("objective"))
    of = makes(*found) if found else "causal"
    suite = suites.checked(yml, (*place, "evaluate"), raw.get("evaluate"), before, of=of)
    if config is None or found is None:
        return None
    objective, params = found
    _fits(yml, place, config, objective)
    for key, data in (("data", config.data), ("anneal", config.anneal.data if config.anneal else [])):
        for i, entry in enumerate(data):
            where = (*place, key, i, "from") if key == "data" else (*place, key, "data", i, "from")
            _data(yml, where, entry, objective, before)
    upstream = list(dict.fromkeys(ref for _, ref in reads(raw) if ref in yml.value["stages"]))
    starts = {"causal", objective.kind}
    for where, ref in models(config):
        signs = TOKENIZER if where[-1] == "tokenizer" else MODEL
        kind = checked(yml, (*place, *where), ref, before, signs)
        if kind not in (None, *starts) and where[0] == "model" and signs == MODEL:
            yml.fault(
                (*place, *where), f"'{ref}' is a {kind} model, and {objective.name} cannot start from one"
            )
    if len(yml.faults) > faults or suite is None or any(ref not in before for ref in upstream):
        return None
    return TrainStage(name, config, objective, params, suite, seed, upstream, of)


def makes(objective: Objective, params: dict[str, Any]) -> str:
    """The kind of model that comes out."""
    return "masked" if params.get("masked") else objective.kind


def models(config: TrainConfig) -> list[tuple[Place, str]]:
    """The models (or the tokenizer alone) that a stage begins from and is compared with."""
    model = config.model
    if isinstance(model, Preset):
        found: dict[Place, str | None] = {("model", "tokenizer"): model.tokenizer}
    elif isinstance(model, list):
        found = {("model", i): name for i, name in enumerate(model)}
    else:
        found = {("model",): model}
    found["control",] = config.control
    return [(place, name) for place, name in found.items() if name is not None]


def _objective(yml: YamlFile, place: Place, raw: Any) -> tuple[Objective, dict[str, Any]] | None:
    entry = {raw: None} if isinstance(raw, str) else raw
    if not isinstance(entry, dict) or len(entry) != 1:
        if raw is not None:
            yml.fault(
                place, "an objective is a name, or one name with its parameters, such as {dpo: {beta: 0.1}}"
            )
        return None
    ((name, params),) = entry.items()
    found = load_objective(str(name))
    if found is None:
        yml.fault(place, f"there is no objective '{name}'", nearest(str(name), objective_names()))
        return None
    here = (*place, name) if (*place, name) in yml.lines else place
    checked = validate(yml, here, signature_fields(found.signature, {}), params or {})
    return None if checked is None else (found, checked.model_dump(exclude_unset=True))


def _fits(yml: YamlFile, place: Place, config: TrainConfig, objective: Objective) -> None:
    """Faults of a start and of amounts that do not fit the objective."""
    scratch = isinstance(config.model, Preset)
    if scratch and not objective.scratch:
        told = f"{objective.name} goes on from a model that is there, and a preset begins with random weights"
        yml.fault((*place, "model"), told, "name a stage, a folder or hf://, or use the objective pretrain")
    if objective.scratch and not scratch:
        yml.fault(
            (*place, "model"), f"{objective.name} begins from scratch", "{preset: tiny}; else use continue"
        )
    if isinstance(config.model, list) and not objective.merges:
        yml.fault(
            (*place, "model"), f"{objective.name} starts from one model, and these are {len(config.model)}"
        )
    if objective.forms and not config.data:
        yml.fault((*place, "data"), f"{objective.name} needs data: [{{from: …}}]")
    if "text" not in objective.forms and config.tokens and "messages" not in objective.forms:
        yml.fault((*place, "tokens"), f"{objective.name} is measured in epochs", "epochs: 1")
    if config.batch_size % config.devices:
        yml.fault(
            (*place, "batch_size"),
            f"{config.batch_size} rows cannot be shared among {config.devices} devices",
        )


def _data(yml: YamlFile, place: Place, entry: Any, objective: Objective, before: dict[str, Any]) -> None:
    """A fault where the data are not there or have none of the columns that the objective takes."""
    if entry.from_ in before:
        columns = before[entry.from_].written
    elif entry.from_ in yml.value["stages"]:
        return  # its own faults are told
    else:
        try:
            columns = documents(entry.from_, split=entry.split, columns=entry.columns).found
        except ConfigError as error:
            yml.fault(place, str(error))
            return
    if not set(able(columns, entry.columns)) & set(objective.forms):
        has, wants = ", ".join(columns) or "no rows", " or ".join(objective.forms)
        yml.fault(place, f"'{entry.from_}' has {has}; {objective.name} takes {wants} (docs/training.md)")


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
    code, libraries = closure([stage.objective.func.__module__, "train.worker", "train.data.dataset"])
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
    written["objective"] = {stage.objective.name: stage.params}
    return (
        written | {"evaluate": stage.suite.told(), "seed": stage.seed} | ({"limit": limit} if limit else {})
    )


def _inputs(stage: TrainStage) -> dict[str, Any]:
    """Files that are read beside other stages' artefacts, with their stamps."""
    found: dict[str, Any] = {}
    entries = [*stage.config.data, *(stage.config.anneal.data if stage.config.anneal else [])]
    for entry in entries:
        if entry.from_ not in stage.upstream:
            found[entry.from_] = documents(entry.from_, split=entry.split, columns=entry.columns).fingerprint
    for (at, *_), name in models(stage.config):
        if at == "model" and name not in stage.upstream and not name.startswith("hf://"):
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
    faults = gate.verdict(found["scores"], limits)
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
