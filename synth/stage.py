"""Stages of kind synth for the engine (`curate.kinds`): checked, planned, built, judged."""

from __future__ import annotations

import importlib
import json
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from curate import manifest, storage
from curate.errors import ConfigError
from curate.executors import Pool
from curate.fingerprint import closure
from curate.pipeline import Pipeline
from curate.plan import Planned, artefact
from curate.sections import Section
from curate.step import Step
from curate.validation import validate
from curate.yamlfile import Path as Place
from curate.yamlfile import YamlFile
from synth import echo, gates
from synth.config import SynthConfig, SynthStage, task_uses
from synth.corpus import Corpus, elsewhere, of_artefact
from synth.engine.settings import model_settings
from synth.filters import usage
from synth.task import load_task, task_names

#: Filters of a stage that names none: those that need no model.
FILTERS: list[Any] = [
    "schema",
    "length",
    "boilerplate",
    "evidence",
    "support",
    "exact_duplicates",
    "near_duplicates",
]


@dataclass(frozen=True)
class SynthPlan(Planned):
    """A stage, resolved. `corpus` is None while the stage that it reads is still to be built."""

    stage: SynthStage
    corpus: Corpus | None
    limit: int | None
    tasks: None = None
    private: None = None

    @property
    def trial(self) -> bool:
        """Whether a limit cuts the stage short."""
        return self.limit is not None


def check(
    yml: YamlFile, place: Place, name: str, raw: dict[str, Any], before: dict[str, Any], seed: int
) -> SynthStage | None:
    """The stage `raw`, or None with a fault for each thing wrong."""
    faults = len(yml.faults)
    config: SynthConfig | None = validate(yml, place, SynthConfig, raw)
    model = model_settings(yml, (*place, "model"), raw.get("model", "embedded"), live=not raw.get("replay"))
    wanted = FILTERS if raw.get("filters") is None else raw["filters"]
    filters = usage.checked(yml, (*place, "filters"), wanted)
    for name in dict.fromkeys(name for name, _ in filters if usage.lacking(name)):
        told = f"filter '{name}' needs {', '.join(usage.lacking(name))}, which a stage does not give it"
        yml.fault((*place, "filters"), told, "use it on rows from Python: synth.filters.usage.of")
    limits = gates.checked(yml, (*place, "gates"), raw.get("gates"))
    if config is None:
        return None
    tasks = task_uses(yml, (*place, "tasks"), raw["tasks"], config.output.format, model == "embedded")
    upstream = [config.from_] if config.from_ in yml.value["stages"] else []
    if upstream and (up := before.get(config.from_)):
        if lacking := [repr(c) for c in ("id", "text") if c not in up.written]:
            yml.fault((*place, "from"), f"stage '{config.from_}' writes no column {', '.join(lacking)}")
    elif not upstream:
        try:
            elsewhere(config.from_)
        except ConfigError as error:
            yml.fault((*place, "from"), str(error))
    if len(yml.faults) > faults or model is None:
        return None
    return SynthStage(name, config, tasks, tuple(filters), limits, model, seed, upstream)


def plan(
    pipeline: Pipeline,
    stage: SynthStage,
    out: str,
    before: dict[str, Any],
    *,
    limit: int | None = None,
    accept_code: bool = False,
    make_key: bool = False,
) -> SynthPlan:
    """What a run would do; `limit` is the number of rows of each task at most."""
    upstream, inputs, corpus = _read(stage, before)
    modules = ["synth.stage", *(use.task.func.__module__ for use in stage.tasks)]
    modules += [f"synth.filters.{name}" for name, _ in stage.filters]
    code, libraries = closure(modules)
    parts = {
        "config": _config(stage, limit),
        "inputs": inputs,
        "upstream": upstream,
        "code": code,
        "libraries": libraries,
    }
    return SynthPlan(stage, *artefact(stage.name, out, parts, accept_code), corpus, limit)


#: Of a model's settings what shapes no answer: where it is, how fast it is asked, what it costs.
IDLE = {"server", "in_flight", "timeout", "price", "api_key_env", "device"}


def _config(stage: SynthStage, limit: int | None) -> dict[str, Any]:
    """What shapes the rows, resolved."""
    written = stage.config.model_dump(by_alias=True, mode="json")
    own = {key: written[key] for key in ("kind", "from", "strata", "passage_tokens", "output")}
    model = stage.model if stage.model == "embedded" else stage.model.model_dump(mode="json", exclude=IDLE)
    tasks = [
        {use.label: use.params | {key: getattr(use, key) for key in ("count", "budget", "per_document")}}
        for use in stage.tasks
    ]
    steps = [{name: given.model_dump(mode="json")} for name, given in stage.filters]
    limited = {"limit": limit} if limit else {}
    return own | {"model": model, "tasks": tasks, "steps": steps, "seed": stage.seed} | limited


def _read(stage: SynthStage, before: dict[str, Any]) -> tuple[dict[str, str], dict[str, Any], Corpus | None]:
    """Fingerprints of stages that it reads, or files with their stamps; and the documents, once they are there."""
    if stage.upstream:
        made = before[stage.upstream[0]]
        found = manifest.read(made.folder)
        return {stage.upstream[0]: made.fingerprint}, {}, of_artefact(made.folder, found) if found else None
    corpus = elsewhere(stage.config.from_)
    if corpus.found:
        return {stage.config.from_: corpus.found["fingerprint"]}, {}, corpus
    files = storage.listing(corpus.files)
    return {}, {stage.config.from_: [[f.name, f.size, f.stamp] for f in files]}, corpus


def lines(made: SynthPlan) -> list[str]:
    """What `curate check` prints of it."""
    stage = made.stage
    told = [f"  {use.label}: {use.count:,} rows of at most {use.budget:,} candidates" for use in stage.tasks]
    model = (
        stage.model if stage.model == "embedded" else getattr(stage.model, "name", None) or "a local model"
    )
    told.append(f"  model: {model}; filters: {', '.join(name for name, _ in stage.filters)}")
    return [*told, f"  writes {stage.config.output.format} with {', '.join(stage.written)}"]


def build(pipeline: Pipeline, made: SynthPlan, work: Path, pool: Pool, quiet: bool) -> None:
    """Make the rows, write them, measure the set against the corpus, and commit the manifest."""
    from synth.engine.scheduler import drive
    from synth.making import make
    from synth.writing import write

    began = time.time()
    corpus = made.corpus
    assert corpus is not None, "the stage that it reads is built before"
    folder = work / "stages" / made.stage.name / made.fingerprint[:16]
    folder.mkdir(parents=True, exist_ok=True)
    responses = work.parent / "responses" / "store.sqlite"
    result = drive(make(made.stage, corpus, responses, limit=made.limit, quiet=quiet))
    looked = [row for produced in result.produced for row in produced.looked]
    depths = [row["meta_depth"] for produced in result.produced for row in produced.accepted]
    told = echo.measured(looked, depths, corpus, made.stage.gates, made.stage.seed)
    write(pipeline, made, result, told, folder, began)
    shutil.rmtree(folder.parent, ignore_errors=True)


def judge(made: SynthPlan) -> tuple[list[str], bool]:
    """What keeps the artefact from being good: fewer rows than asked, a gate that says no; whether it is that alone."""
    found = manifest.read(made.folder)
    assert found is not None
    faults = list(found["fewer"])
    said = echo.verdicts(found["echo"], made.stage.gates)
    refused = gates.refusal(said)
    alone = bool(refused) and not faults
    faults += [refused] if refused else []
    judged = {
        "verdict": {"ok": not faults, "faults": faults},
        "gates": json.loads(json.dumps([verdict.as_dict() for verdict in said])),  # as a manifest reads it
    }
    if any(found.get(name) != value for name, value in judged.items()):
        manifest.write(made.folder, found | judged)
        storage.remove(f"{made.folder}/report.html")  # it shows the limits that were
    return faults, alone


def report(found: dict[str, Any], folder: str, *, texts: bool = True) -> dict[str, Any]:
    """What a report tells of synthetic data (`curate.kinds`)."""
    told: dict[str, Any] = _telling("page").report(found, folder, texts=texts)
    return told


def card(found: dict[str, Any], folder: str) -> dict[str, Any]:
    """What a card tells of synthetic data (`curate.kinds`)."""
    told: dict[str, Any] = _telling("card").card(found, folder)
    return told


def why(found: dict[str, Any], folder: str, wanted: str, *, full: bool = False) -> list[Section] | None:
    """What became of a candidate (`curate.kinds`)."""
    told: list[Section] | None = _telling("why").why(found, folder, wanted, full=full)
    return told


def _telling(module: str) -> Any:
    """A module of `synth.report`, by name: what tells of rows is no part of the code that makes them."""
    return importlib.import_module(f"synth.report.{module}")


def parts() -> dict[str, dict[str, Step]]:
    """Tasks and filters, for `curate steps`."""
    tasks = {name: found.signature for name in task_names() if (found := load_task(name))}
    filters = {
        name: Step(name, made, made.__module__) for name in usage.names() if (made := usage.maker(name))
    }
    return {"tasks of kind synth:": tasks, "filters of kind synth:": filters}
