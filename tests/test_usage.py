"""Steps of a pipeline file: what is wrong with them is told before any work."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from helpers import texts, write_jsonl, write_pipeline

from curate.errors import ConfigError
from curate.pipeline import load
from curate.steps.language import language
from curate.steps.sample import sample


def told(tmp_path: Path, *steps: Any) -> str:
    """What `load` says of a stage with these steps."""
    source = {"name": "a", "path": str(write_jsonl(tmp_path / "x.jsonl", texts(2)))}
    with pytest.raises(ConfigError) as caught:
        load(write_pipeline(tmp_path / "p.yaml", {"c": {"sources": [source], "steps": list(steps)}}))
    return str(caught.value)


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        (["signals", {"where": "signals.wrods > 3"}], "does not fit the columns"),
        ([{"where": "text > 3"}], "does not fit the columns"),
        (["signals", {"where": "signals.words"}], "not true or false"),
        ([{"where": "LENGTH(text) > AVG(LENGTH(text))"}], "more than one document"),
        ([{"where": "titel IS NULL"}], "did you mean 'title'?"),
        ([{"quantile": {"column": "text", "keep": 0.5}}], "'text' is String, not a number"),
        (
            ["signals", {"quantile": {"column": "signals.wrods", "keep": 0.5}}],
            "'signals' has no field 'wrods'",
        ),
        ([{"language": {"keep": ["english"]}}], "knows no language 'english'"),
        ([{"datatrove": {"block": "filters.LambdaFilter", "filter_function": "text"}}], "not callable"),
        (["no_such_module.step"], "no module 'no_such_module' can be imported"),
        (["faulty.no_such"], "faulty has no 'no_such'"),
        (["helpers.texts"], "'texts' is not decorated with @step"),
        ([{"quality": {"min_words": "many"}}], "or should be 'preset', not 'many'"),
        (
            ["signals", "repeated_passages", {"mix": {"budget": 9, "unit": "signals.words"}}],
            "'mix' goes by 'signals', which was measured before 'repeated_passages' changed the texts",
        ),
        (["signals", "normalise", {"where": "signals.words > 3"}], "measured before 'normalise' changed"),
        ([{"decontaminate": {"against": []}}], "at least 1 item"),
        ([{"split": {"fractions": {"train": 0.9, "test": 0.2}}}], "they add up to 1.1"),
    ],
)
def test_a_wrong_step_is_a_fault(tmp_path: Path, steps: list[Any], message: str) -> None:
    found = told(tmp_path, *steps)
    assert message in found and len(found.splitlines()) == 1, found


def test_what_is_measured_again_behind_the_change_is_right(tmp_path: Path) -> None:
    source = {"name": "a", "path": str(write_jsonl(tmp_path / "x.jsonl", texts(2)))}
    marked = {"repeated_passages": {"action": "mark"}}  # changes no text
    steps = ["normalise", "signals", marked, {"where": "signals.words > 3"}, "repeated_passages", "signals"]
    mixed = {"mix": {"budget": 9, "unit": "signals.words"}}
    found = load(write_pipeline(tmp_path / "p.yaml", {"c": {"sources": [source], "steps": [*steps, mixed]}}))
    assert "repeats" in found.stages["c"].columns


def test_a_step_on_a_frame_holds_its_parameters_to_their_types() -> None:
    frame = pl.DataFrame({"text": ["a"]})
    with pytest.raises(ValueError, match=r"^sample: rate: .*less than or equal to 1, not 5$"):
        sample(frame, rate=5)
    with pytest.raises(ValueError, match="valid list"):
        language(frame, keep="en")
    assert sample(frame.lazy(), rate=1.0).kept.height == 1
