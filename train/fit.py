"""Drives one trainer of transformers or TRL: the schedule, what is logged, whole checkpoints, going on after a kill."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from types import MethodType
from typing import Any

from curate.progress import LINE_EVERY, compact, duration
from train.models import flops_per_token, peak
from train.objective import Job
from train.schedule import factor

#: A checkpoint is whole once this stands in it: it is written last. It says how long the training took so far.
WHOLE = "whole"
#: Checkpoints of a run where no number is given.
CHECKPOINTS = 20


def arguments(job: Job) -> dict[str, Any]:
    """What every trainer is told. `job.steps` is known by now: the data are asked for first."""
    given = job.settings
    steps = min(job.steps, given.limit or job.steps)
    every = given.checkpoint_every or max(1, steps // CHECKPOINTS)
    return {
        "output_dir": str(job.folder / "checkpoints"),
        "max_steps": steps,
        "per_device_train_batch_size": given.micro_batch,
        "gradient_accumulation_steps": given.accumulate,
        "learning_rate": given.learning_rate,
        "weight_decay": given.weight_decay,
        "adam_beta2": 0.95,
        "optim": "adamw_torch_fused",
        "max_grad_norm": 1.0,
        "bf16": given.bf16,
        "use_cpu": given.device == "cpu",
        "torch_compile": given.compile,
        "gradient_checkpointing": False,
        "logging_steps": _divisor(every, 10 if given.device == "cuda" else 1),
        "logging_nan_inf_filter": False,
        "save_steps": every,
        "save_total_limit": 2,
        "seed": job.seed % 2**32,
        "report_to": "none",
        "disable_tqdm": True,
        "dataloader_pin_memory": given.device == "cuda",
        "remove_unused_columns": False,
        "average_tokens_across_devices": True,
        "ddp_find_unused_parameters": False,
    }


def _divisor(whole: int, most: int) -> int:
    """The largest number up to `most` that divides `whole`: a logged loss never spans a checkpoint."""
    return next(n for n in range(min(most, whole), 0, -1) if whole % n == 0)


def drive(job: Job, trainer: Any, log: Path, *, quiet: bool) -> dict[str, Any]:
    """Train to the end, from the last whole checkpoint if there is one; what it took, `seconds` with those of earlier
    runs up to their checkpoints."""
    from transformers.trainer_callback import PrinterCallback, ProgressCallback

    trainer.create_scheduler = MethodType(_scheduler(job), trainer)
    for noisy in (PrinterCallback, ProgressCallback):
        trainer.remove_callback(noisy)
    found = latest(job.folder / "checkpoints")
    began = time.monotonic() - (spent(found) if found else 0.0)
    trainer.add_callback(_recorder(job, trainer, log, began, quiet))
    trainer.train(resume_from_checkpoint=str(found) if found else None)
    return {"seconds": round(time.monotonic() - began, 3), "resumed": found is not None}


def latest(folder: Path) -> Path | None:
    """The newest checkpoint that was written to its end."""
    if not folder.is_dir():
        return None
    whole = [p for p in folder.glob("checkpoint-*") if (p / WHOLE).exists()]
    return max(whole, key=lambda p: int(p.name.rpartition("-")[2]), default=None)


def spent(checkpoint: Path) -> float:
    """Seconds of training that led to it."""
    told = (checkpoint / WHOLE).read_text(encoding="utf-8").strip()
    return float(told or 0.0)


def _scheduler(job: Job) -> Any:
    def create_scheduler(self: Any, num_training_steps: int, optimizer: Any = None) -> Any:
        from torch.optim.lr_scheduler import LambdaLR

        if self.lr_scheduler is None:
            # A trial of a few steps follows the whole run's curve: it sees the rates that a whole run begins with.
            at = factor(job.settings.schedule, max(job.steps, num_training_steps))
            self.lr_scheduler = LambdaLR(optimizer or self.optimizer, at)
            self._created_lr_scheduler = True
        return self.lr_scheduler

    return create_scheduler


def _recorder(job: Job, trainer: Any, log: Path, began: float, quiet: bool) -> Any:
    from transformers import TrainerCallback

    class Recorder(TrainerCallback):
        """Writes a line per logged step and marks checkpoints that are whole."""

        def on_train_begin(self, args: Any, state: Any, control: Any, **more: Any) -> None:
            self.at = self.said = time.monotonic()
            self.last = state.global_step
            self.flops = flops_per_token(job.model, job.settings.sequence_length)
            self.peak = peak()
            if state.is_world_process_zero:
                _cut(log, state.global_step)

        def on_save(self, args: Any, state: Any, control: Any, **more: Any) -> None:
            if state.is_world_process_zero:
                mark = Path(args.output_dir) / f"checkpoint-{state.global_step}" / WHOLE
                mark.with_suffix(".part").write_text(f"{time.monotonic() - began:.3f}", encoding="utf-8")
                mark.with_suffix(".part").replace(mark)
            self.at = time.monotonic() if state.global_step == self.last else self.at

        def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **more: Any) -> None:
            if (
                not state.is_world_process_zero
                or not logs
                or "loss" not in logs
                or state.global_step == self.last
            ):
                return
            now, step = time.monotonic(), state.global_step
            line = _line(job, step, self.last, logs, now - self.at, self.flops, self.peak)
            self.at, self.last = now, step
            with log.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
            if not quiet and (now - self.said > LINE_EVERY or step == state.max_steps):
                self.said = now
                left = (state.max_steps - step) * (now - started) / max(1, step - first[0])
                _say(job, line, state.max_steps, left)

    first, started = [trainer.state.global_step], time.monotonic()
    found = latest(job.folder / "checkpoints")
    first[0] = int(found.name.rpartition("-")[2]) if found else 0
    return Recorder()


def _line(
    job: Job, step: int, last: int, logs: dict[str, Any], seconds: float, flops: float, top: float | None
) -> dict[str, Any]:
    rows = min(step * job.settings.batch_size, len(job.dataset))
    before = min(last * job.settings.batch_size, len(job.dataset))
    line: dict[str, Any] = {"step": step}
    if hasattr(job.dataset, "shares"):
        seen = job.dataset.shares(rows)
        total = sum(seen.values())
        new = total - sum(job.dataset.shares(before).values())
        speed = new / seconds if seconds > 0 else 0.0
        line |= {"tokens": total, "shares": {k: round(v / max(1, total), 5) for k, v in seen.items()}}
        line |= {"tokens_per_second": round(speed, 1)}
        if top:
            line["mfu"] = round(speed * flops / (top * job.settings.devices), 4)
    known = {"loss", "learning_rate", "grad_norm", "reward", "kl", "accuracy", "margin"}
    own = {k: v for k, v in logs.items() if isinstance(v, int | float) and (k in known or "/" in k)}
    return line | own


def _say(job: Job, line: dict[str, Any], steps: int, left: float) -> None:
    speed = f", {compact(line['tokens_per_second'])} tokens/s" if "tokens_per_second" in line else ""
    tokens = f", {compact(line['tokens'])} tokens" if "tokens" in line else ""
    told = f"{job.name}: step {line['step']:,} of {steps:,}{tokens}, loss {line['loss']:.3f}{speed}"
    print(f"{told}, {duration(left)} left", file=sys.stderr, flush=True)


def _cut(log: Path, step: int) -> None:
    """Take away lines of steps that are done again, and a half one."""
    kept = [line for line in read_log(log) if line["step"] <= step]
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text("".join(json.dumps(line) + "\n" for line in kept), encoding="utf-8")


def read_log(log: Path) -> list[dict[str, Any]]:
    """Lines of a log, without a last one that a kill cut off."""
    found = []
    for line in log.read_text(encoding="utf-8").splitlines() if log.exists() else []:
        try:
            found.append(json.loads(line))
        except ValueError:
            break
    return found
