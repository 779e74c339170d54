"""What can be wrong with a stage of kind train as written, told before any work: each fault at its place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from curate.errors import ConfigError
from curate.usage import signature_fields
from curate.validation import validate
from curate.yamlfile import Path as Place
from curate.yamlfile import YamlFile, nearest
from train.config import Data, Preset, TrainConfig
from train.data.documents import documents
from train.gate import unmeasured
from train.models import MODEL, TOKENIZER, checked
from train.objective import Objective, load_objective, objective_names
from train.rows import able

#: Parameters of an objective that name a model: a stage, a folder or hf://.
MODELS = ("reward", "base", "reference")


def objective_of(yml: YamlFile, place: Place, raw: Any) -> tuple[Objective, dict[str, Any]] | None:
    """The objective `raw` names, and its parameters as given."""
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
    given = validate(yml, here, signature_fields(found.signature, {}), params or {})
    return None if given is None else (found, given.model_dump(exclude_unset=True))


def fits(yml: YamlFile, place: Place, config: TrainConfig, objective: Objective) -> None:
    """Faults of a start, of amounts and of devices that do not fit the objective or each other."""
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
    if config.batch_size % config.devices:
        told = f"{config.batch_size} rows cannot be shared among {config.devices} devices"
        yml.fault((*place, "batch_size"), told)
    if config.sharded and config.adapter.name != "full":
        told = f"the {config.adapter.name} adapter cannot be merged into weights that lie on several devices"
        yml.fault(
            (*place, "sharded"), told, "leave sharded out: an adapter needs little memory beside the model"
        )
    if config.sharded and config.average is not None:
        told = "average needs the whole model on one device"
        yml.fault(
            (*place, "sharded"),
            told,
            "leave one of them out; a stage with {merge: {method: linear}} makes the mean, too",
        )
    if not objective.packs:
        _unpacked(yml, place, config, objective)


def _unpacked(yml: YamlFile, place: Place, config: TrainConfig, objective: Objective) -> None:
    """Faults of what is said of a mixture in tokens to an objective that takes rows one by one, or none."""
    takes = "takes rows as they are" if objective.forms else "learns nothing"
    if config.tokens:
        told = "is measured in epochs" if objective.forms else takes
        yml.fault((*place, "tokens"), f"{objective.name} {told}", "epochs: 1" if objective.forms else "")
    if config.anneal:
        told = f"{objective.name} {takes}, and has no last part on other data"
        yml.fault((*place, "anneal"), told, "leave it out, or make a next stage of it")
    if config.canaries:
        told = f"{objective.name} {takes}: no canaries can be planted among them"
        yml.fault((*place, "canaries"), told, "plant them where text is learnt: pretrain, continue, sft")
    epochs = config.epochs or objective.epochs or 1.0
    for i, entry in enumerate(config.data):
        if "max_epochs" in entry.model_fields_set and entry.max_epochs < epochs:
            told = (
                f"{objective.name} reads every row {epochs:g} times, {entry.max_epochs:g} at most is allowed"
            )
            yml.fault((*place, "data", i, "max_epochs"), told, "lower epochs, or raise max_epochs")


def data(
    yml: YamlFile, place: Place, config: TrainConfig, objective: Objective, before: dict[str, Any]
) -> None:
    """A fault for each source that is not there, or has none of the columns that the objective takes."""
    for key, entries in (("data", config.data), ("anneal", config.anneal.data if config.anneal else [])):
        for i, entry in enumerate(entries):
            where = (*place, "data", i) if key == "data" else (*place, key, "data", i)
            columns = _columns(yml, (*where, "from"), entry, before)
            if columns is not None:
                _readable(yml, (*where, "from"), entry, columns, config, objective)


def _columns(yml: YamlFile, place: Place, entry: Data, before: dict[str, Any]) -> list[str] | None:
    """The columns of a source, None where its faults are told."""
    if entry.from_ in before:
        return list(before[entry.from_].written)
    if entry.from_ in yml.value["stages"]:
        return None
    try:
        return list(documents(entry.from_, split=entry.split, columns=entry.columns).found)
    except ConfigError as error:
        yml.fault(place, str(error))
        return None


def _readable(
    yml: YamlFile, place: Place, entry: Data, columns: list[str], config: TrainConfig, objective: Objective
) -> None:
    has, forms = ", ".join(columns) or "no rows", able(columns, entry.columns)
    takes = [*objective.forms, *(["ids"] if objective.packs else [])]
    own = isinstance(config.model, Preset) and config.model.tokenizer is None
    if not set(forms) & set(takes):
        wants = " or ".join(objective.forms) + (" (or input_ids)" if objective.packs else "")
        told = f"'{entry.from_}' has {has}; {objective.name} takes {wants} (docs/training.md)"
        yml.fault(place, told if objective.forms else f"{objective.name} learns nothing, and reads no data")
    elif own and "text" not in forms:
        told = f"'{entry.from_}' has {has}, and no text that a tokenizer could be trained on"
        yml.fault(place, told, "name the one that made its ids: model: {preset: …, tokenizer: …}")


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


def beside(objective: Objective, params: dict[str, Any]) -> Iterator[tuple[Place, str]]:
    """The models that an objective's parameters name: a reward, a base, a reference."""
    for key in MODELS:
        if isinstance(params.get(key), str):
            yield ("objective", objective.name, key), params[key]


def starts(
    yml: YamlFile,
    place: Place,
    config: TrainConfig,
    objective: Objective,
    params: dict[str, Any],
    before: dict[str, Any],
) -> None:
    """A fault for each model that is not there, or is of a kind that the objective has no use for."""
    able_to = {None, "causal", objective.kind}
    for where, ref in models(config):
        signs = TOKENIZER if where[-1] == "tokenizer" else MODEL
        kind = checked(yml, (*place, *where), ref, before, signs)
        if kind not in able_to and where[0] == "model" and signs == MODEL:
            told = f"'{ref}' is a {kind} model, and {objective.name} cannot start from one"
            yml.fault((*place, *where), told)
    for where, ref in beside(objective, params):
        kind = checked(yml, (*place, *where), ref, before)
        if where[-1] == "reward" and kind not in (None, "reward"):
            told = f"'{ref}' is no reward model but a {kind} one"
            yml.fault((*place, *where), told, "train one with the objective reward")
        elif where[-1] != "reward" and kind not in able_to:
            yml.fault((*place, *where), f"'{ref}' is a {kind} model, and no {where[-1]} of others")


def measures(yml: YamlFile, place: Place, config: TrainConfig, suite: Any) -> None:
    """Faults of limits that nothing measures, and of canaries that nobody plants."""
    if suite is None:
        return
    compared = not isinstance(config.model, Preset) or config.control is not None
    for key, told in unmeasured(config.gate, suite, compared):
        yml.fault((*place, "gate", key), told, "measure it, or leave the limit out")
    if suite.canaries_of_its_own and config.canaries is None:
        told = "canaries: true asks for those that the stage plants, and it plants none"
        hint = "give the stage `canaries:`, or name the file that a stage before left"
        yml.fault((*place, "evaluate", "memorisation", "canaries"), told, hint)
