"""Training itself, in this process or in several: start, adapter, data, objective, and the model that comes out.

What is begun is kept: checkpoints and token shards lie in the stage's work folder, and `trained.json`, written last,
says that the model beside it is whole. `python -m train.worker JOB` is what `accelerate launch` runs for each device.
"""

from __future__ import annotations

import json
import os
import pickle
import sys
from pathlib import Path
from typing import Any

from curate.errors import RunError
from train.config import Preset
from train.launching import end_with, launched, one_card

#: Says that a stage's model is whole, and what its training took.
TRAINED = "trained.json"
#: What PEFT calls an adapter's settings.
ADAPTER = "adapter_config.json"


def trained(made: Any, folder: Path, *, quiet: bool) -> dict[str, Any]:
    """Train the stage `made` (`train.stage.TrainPlan`) in `folder`, unless that is done; what it took.

    Raises:
        RunError: a process of several ended before the model was there.
    """
    done = folder / TRAINED
    if not done.exists():
        folder.mkdir(parents=True, exist_ok=True)
        if made.stage.config.devices > 1:
            launched(made, folder, done, quiet=quiet)
        else:
            with one_card():
                work(made, folder, quiet=quiet)
    found: dict[str, Any] = json.loads(done.read_text(encoding="utf-8"))
    return found


def work(made: Any, folder: Path, *, quiet: bool) -> None:
    """What each process does; the first one writes the model."""
    from accelerate import PartialState

    from train.fit import drive

    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    _hush()
    state = PartialState(cpu=_device() == "cpu")
    if state.num_processes != made.stage.config.devices:
        raise RunError(
            f"{state.num_processes} processes found each other, and devices says {made.stage.config.devices}"
        )
    job, start = prepared(made, folder, state)
    with state.main_process_first():  # others find the tokens there
        outcome = made.stage.objective.func(job, **made.stage.params)
    if state.is_main_process and not quiet:
        for told in job.notes.values():
            if isinstance(told, str):
                print(f"{job.name}: {told}", file=sys.stderr, flush=True)
    facts: dict[str, Any] = {"seconds": 0.0}
    if hasattr(outcome, "train") and hasattr(outcome, "args"):
        facts = drive(job, outcome, folder / "log.jsonl", quiet=quiet or not state.is_main_process)
        model = outcome.accelerator.unwrap_model(outcome.model)
        spread = getattr(outcome.accelerator.state, "fsdp_plugin", None) is not None
        weights = outcome.accelerator.get_state_dict(outcome.model) if spread else None
    else:
        model, weights = outcome, None
    if state.is_main_process:
        _save(made, job, model, weights, start, folder, facts)
    state.wait_for_everyone()


def _hush() -> None:
    """Bars for a single file, and warnings about defaults of transformers itself, are not a user's business."""
    import warnings

    from transformers.utils import logging

    logging.disable_progress_bar()
    logging.set_verbosity_error()
    warnings.filterwarnings("ignore", category=FutureWarning, module="transformers")


def _device() -> str:
    from train.models import device

    return device()


def prepared(made: Any, folder: Path, state: Any) -> tuple[Any, dict[str, Any] | None]:
    """The job of an objective, its model ready to train; and the starting weights where a mean with them is wanted."""
    from transformers import set_seed

    from train import models
    from train.adapters import adapted, frozen
    from train.objective import Job
    from train.rows import sources
    from train.settings import resolve

    config, objective = made.stage.config, made.stage.objective
    set_seed(
        made.stage.seed % 2**32
    )  # new heads and adapters are drawn alike in each process, and after a kill
    data = sources(made)
    masked = bool(made.stage.params.get("masked"))
    if isinstance(config.model, Preset):
        with state.main_process_first():
            tokenizer = _tokenizer(made, config.model, data, folder)
        context = config.model.context or max(2048, config.sequence_length)
        model = models.from_preset(config.model.preset, tokenizer, context, made.stage.seed, masked=masked)
        start = None
    elif isinstance(config.model, list):
        start, model = made.address(config.model[0]), None
        tokenizer = models.load_tokenizer(start)
    else:
        start = made.address(config.model)
        model, tokenizer = models.load(start, kind=objective.kind)
    size = models.parameters(model)[0] if model is not None else 0
    settings = resolve(config, objective, max(size, 1), models.device(), made.limit)
    before = None
    if config.average is not None and model is not None:
        before = {name: p.detach().clone() for name, p in model.named_parameters()}
    if model is not None and not objective.merges:
        model = adapted(model, config.adapter, objective.kind)
        if config.freeze:
            frozen(model, config.freeze)
    job = Job(made.stage.name, settings, config, model, tokenizer, folder, start, data, made.stage.seed)
    job.address = made.address
    return job, before


def _tokenizer(made: Any, preset: Preset, data: list[Any], folder: Path) -> Any:
    """That of another model, or one trained on the stage's own data; kept for a run that is interrupted."""
    from transformers import AutoTokenizer

    from train import models
    from train.rows import sample

    if preset.tokenizer:
        return models.load_tokenizer(made.address(preset.tokenizer))
    kept = folder / "tokenizer"
    if not (kept / "tokenizer_config.json").exists():
        vocabulary = preset.vocabulary or models.PRESETS[preset.preset][5]
        models.train_tokenizer(sample(data, made.stage.config), vocabulary).save_pretrained(kept)
    return AutoTokenizer.from_pretrained(kept)


def _save(
    made: Any,
    job: Any,
    model: Any,
    weights: Any,
    start: dict[str, Any] | None,
    folder: Path,
    facts: dict[str, Any],
) -> None:
    """The model as others load it, an adapter beside it; then the facts, which say that it is whole."""
    from train import models
    from train.adapters import averaged, merged, save_beside

    everything, learnt = models.parameters(model)
    target = folder / "model"
    if hasattr(model, "peft_config"):
        model.save_pretrained(folder / "adapter")
        plain = merged(model)
    else:
        plain = model
    if start is not None:
        averaged(plain, start, made.stage.config.average)
    plain.config.use_cache = True
    plain.save_pretrained(target, state_dict=weights)
    save_beside(model, target)
    for kept in [*folder.glob("adapter/**/" + ADAPTER), *target.glob("*/" + ADAPTER)]:
        _named(kept, str(job.start))
    if getattr(job.tokenizer, "lent", False) and set(made.stage.objective.forms) == {"text"}:
        job.tokenizer.chat_template = None  # nobody taught it
    job.tokenizer.save_pretrained(target)
    told = {
        "parameters": everything,
        "trained_parameters": learnt,
        "architecture": type(plain).__name__,
        "steps": min(job.steps, job.settings.limit or job.steps),
        "settings": job.settings.told(),
        "learnt": _seen(job),
        "notes": job.notes,
        **facts,
    }
    temporary = folder / f"{TRAINED}.part"
    temporary.write_text(json.dumps(told, indent=1), encoding="utf-8")
    temporary.replace(folder / TRAINED)


def _named(path: Path, base: str) -> None:
    """Let an adapter's settings name the model of the Hub below it, and no other: a path means nothing on other
    machines, and PEFT would look for any other name on the Hub. The manifest has it. PEFT's own card is empty."""
    from train.models import path_of

    name, revision = path_of(base) if base.startswith("hf://") else (None, None)
    told = json.loads(path.read_text(encoding="utf-8"))
    told |= {"base_model_name_or_path": name, "revision": revision}
    path.write_text(json.dumps(told, indent=2, sort_keys=True), encoding="utf-8")
    path.with_name("README.md").unlink(missing_ok=True)


def _seen(job: Any) -> dict[str, Any]:
    """What the model saw: tokens, share and passes by source."""
    if job.dataset is None:
        return {}
    if not hasattr(job.dataset, "shares"):
        return {"rows": len(job.dataset)}
    rows = min((job.settings.limit or job.steps) * job.settings.batch_size, len(job.dataset))
    tokens = job.dataset.shares(rows)
    return {"rows": rows, "tokens": sum(tokens.values()), "by": tokens, "epochs": job.dataset.epochs(rows)}


if __name__ == "__main__":
    planned, where, silent, run = pickle.loads(Path(sys.argv[1]).read_bytes())
    end_with(run)
    work(planned, Path(where), quiet=silent)
