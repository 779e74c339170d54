"""Kinds of stage other than curate: each a module of the packages above, found by name when a pipeline has one.

Such a module has

- `check(yml, place, name, raw, before, seed)`: the checked stage, or None with faults; it has `name`, `kind`, `config`
  (with `sources`), `steps`, `upstream`, `written` and `source_names` as `curate.stage.Stage` has;
- `plan(pipeline, stage, out, before, *, limit, accept_code, make_key)`: an object with `stage`, `folder`, `name`,
  `fingerprint`, `parts`, `reuse`, `reasons`, `tasks`, `trial` and `private` as `curate.plan.StagePlan` has;
- `build(pipeline, made, work, pool, quiet)`: builds it and commits its manifest;
- `judge(made)`: what keeps the artefact from being good, and whether it is a gate alone that says no;
- `lines(made)`: what `curate check` prints of it;
- `parts()`: what its stages are made of (tasks, filters, …), by title and name, as `curate.step.Step`.
"""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any

#: Where each kind is built.
MODULES = {"synth": "synth.stage", "train": "train.stage", "evaluate": "train.scorecard"}
NAMES = ("curate", *MODULES)


def load(kind: str) -> Any:
    """The module of a kind; None for curate, whose stages the engine builds itself, and for one that is not there."""
    name = MODULES.get(kind)
    if (
        name is None
        or importlib.util.find_spec(name.partition(".")[0]) is None
        or importlib.util.find_spec(name) is None
    ):
        return None
    return importlib.import_module(name)
