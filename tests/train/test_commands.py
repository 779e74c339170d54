"""Commands on a model: compared by settings, data and scores; where there are no documents, a sentence says so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import made
import pytest
from click.testing import CliRunner, Result

from curate.cli import main


def command(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def test_two_models_are_compared(tmp_path: Path) -> None:
    folder = made.chain(tmp_path)
    scores = made.second()
    scores["general/wikitext"] |= {"value": 2.4, "low": 2.3, "high": 2.5}
    made.altered(folder, scores=scores)
    domain = str(made.folder_of(tmp_path, "domain"))
    told = command("diff", domain, folder)
    assert told.exit_code == 0, told.output
    for line in (
        "objective continue → dpo",
        "learning_rate 0.0003 → 1e-05",
        "data corpus: share 0.75 → 1.0, tokens 122880 → 81920",
        "data general: removed",
        "start domain added",
        "general/wikitext: 2.58 [2.55, 2.61] → 2.4 [2.3, 2.5] bits per byte",
    ):
        assert line in told.output.splitlines(), line
    answer = json.loads(command("diff", domain, folder, "--json").stdout.splitlines()[-1])
    assert [change["name"] for change in answer["scores"]] == ["general/wikitext"]
    same = command("diff", folder, folder).output
    assert "the same scores" in same and "made from the same settings" in same


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (
            ["inspect", "MODEL"],
            "is of kind train and holds no data: curate report and curate lineage tell of it",
        ),
        (["inspect", "MODEL", "--dropped"], "holds no dropped"),
        (["inspect", "MODEL", "--evidence", "nothing"], "has no table 'nothing': scores"),
        (["why", "MODEL", "d1"], "which has no documents to explain: curate lineage tells"),
        (["whatif", "MODEL", "--set", "quality.min_words=3"], "thresholds are those of a corpus' steps"),
        (["diff", "MODEL", "CORPUS"], "one is of kind train, the other of kind curate"),
        (["diff", "MODEL", "MODEL", "--out", "x.parquet"], "models hold no documents"),
    ],
)
def test_what_needs_documents_is_refused_in_a_sentence(
    tmp_path: Path, arguments: list[str], told: str
) -> None:
    names: dict[str, Any] = {"MODEL": made.chain(tmp_path), "CORPUS": str(made.folder_of(tmp_path, "corpus"))}
    found = command(*(names.get(argument, argument) for argument in arguments))
    assert found.exit_code == 2 and told in " ".join(found.stderr.split()), found.output


def test_the_items_of_scores_can_be_looked_at(tmp_path: Path) -> None:
    found = command("inspect", made.chain(tmp_path), "--evidence", "scores", "--where", "value > 0.85")
    assert found.exit_code == 0 and "5 of 11 rows" in found.output and "asked number 9" in found.output
