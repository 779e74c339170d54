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

It may have

- `reads(raw)`, which yields what a stage as written names (its place, and a stage or an address), where that is more
  than the key `from`;
- `told(found)`: the lines that are printed after a run in place of a corpus' account;

and, for what is special to its artefacts (all plain data of `curate.sections`, drawn by curate):

- `report(found, folder, *, texts)`: a `sections.report` of tiles, sections and numbers. `found` is the manifest, and
  without `texts` nothing of a row may be quoted (what is published says no text). Rows of samples are shown as they
  are given: whoever reads rows that did not pass the step `pii` cleans them with `curate.report.samples.scrubbed`;
- `card(found, folder)`: a `sections.card` of sections, tags and gaps for the README.md of a published data set. A model
  (kind train) writes its README.md itself, and can draw sections with `curate.publish.drawn.markdown`;
- `why(found, folder, wanted, *, full)`: what became of the row whose id is `wanted`, as a list of sections, or None for
  one that never was; for kinds whose rows curate's own steps did not make.

A manifest of such a kind has `kind`, `pipeline`, `stage`, `fingerprint`, `created`, `seconds`, `verdict`,
`environment`, `pipeline_file`, `parts`, `outputs`. One with `sources`, `steps` and `totals` as a corpus has them gets
the funnel and reasons too; without them its page holds what `report` tells, the files and the recipe.
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


def hook(kind: str, name: str) -> Any:
    """The optional function `name` of a kind; None where there is none."""
    module = load(kind)
    return None if module is None else getattr(module, name, None)
