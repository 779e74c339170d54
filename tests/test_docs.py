"""The reference of pipeline files names every key that there is, and no other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from curate.source import Source
from curate.stage import CurateConfig, Output

TEXT = (Path(__file__).resolve().parents[1] / "docs" / "pipeline.md").read_text()


def names(model: type[BaseModel]) -> set[str]:
    """The keys of a model as they are written."""
    return {field.alias or name for name, field in model.model_fields.items()}


@pytest.mark.parametrize(("heading", "model"), [("A source", Source), ("Output", Output)])
def test_a_table_lists_the_keys_of_its_model(heading: str, model: type[BaseModel]) -> None:
    section = TEXT.split(f"## {heading}\n")[1].split("\n## ")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", section, flags=re.MULTILINE)) == names(model)


def test_the_example_shows_the_keys_of_a_stage() -> None:
    example = TEXT.split("```yaml")[1].split("```")[0]
    assert set(re.findall(r"^    (\w+):", example, flags=re.MULTILINE)) == names(CurateConfig)
