"""What is refused, what an override leaves behind, and what stages inherit."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from helpers import build, write_jsonl, write_pipeline
from published import PLAIN, records

from curate import manifest
from curate.cli import main
from curate.errors import ConfigError, GateError
from curate.publish.gates import NAMES, judge, terms
from curate.publish.licences import against, common, conflicts, licence
from curate.publish.origins import Stage, trace
from curate.publish.publish import publish

Make = Callable[..., str]


def refused(folder: str, target: Path, **options: Any) -> str:
    with pytest.raises(GateError) as raised:
        publish(folder, str(target / "set"), **options)
    assert not (target / "set").exists()
    return str(raised.value)


def test_documents_with_private_data_are_refused(artefact: Make, tmp_path: Path) -> None:
    folder = artefact(steps=["signals"])
    told = refused(folder, tmp_path)
    assert "pii: no step took private data out of 100 documents" in told and "--override pii='why'" in told
    done = CliRunner().invoke(main, ["publish", folder, f"{tmp_path}/set"])
    assert done.exit_code == 3 and "docs/pii.md" in done.stderr
    publish(folder, f"{tmp_path}/set", overrides={"pii": "invented | <b>texts</b>"})
    card = (tmp_path / "set" / "README.md").read_text()
    assert "## Published against a gate" in card and r"invented \| \<b\>texts\</b\>" in card
    copy = json.loads((tmp_path / "set" / "curate" / "manifest.json").read_text())
    assert copy["published"]["overrides"][0] == {
        "name": "pii",
        "refused": "no step took private data out of 100 documents",
        "reason": "invented | <b>texts</b>",
    }


@pytest.mark.parametrize("overrides", [{"pi": "why"}, {"pii": " "}])
def test_overrides_are_checked(artefact: Make, tmp_path: Path, overrides: dict[str, str]) -> None:
    with pytest.raises(ConfigError):
        publish(artefact(), f"{tmp_path}/set", overrides=overrides)


def test_an_override_that_was_not_needed_leaves_nothing(artefact: Make, tmp_path: Path) -> None:
    publish(artefact(), f"{tmp_path}/set", overrides={"pii": "just in case"})
    assert "against a gate" not in (tmp_path / "set" / "README.md").read_text()


@pytest.mark.parametrize(
    ("license", "option", "words"),
    [
        (None, None, ["license-missing: 100 of 100 documents name no licence (sources: a)"]),
        (" ", None, ["license-missing"]),
        ("ask Bob", None, ["license-unknown: 1 licences are not in the table: 'ask Bob' (100 documents)"]),
        ("CC-BY-NC-4.0", "MIT", ["license-conflict: CC-BY-NC-4.0 forbids commercial use, which MIT allows"]),
        ("CC-BY-ND-4.0", None, ["license-conflict: CC-BY-ND-4.0 forbids changed versions, and pii changed"]),
        ("CC-BY-SA-4.0", "cc0-1.0", ["CC-BY-SA-4.0 wants the same licence again"]),
        ("MIT", "Bob's", ['nothing is known of --license "Bob\'s"']),
    ],
)
def test_licences_that_do_not_serve_are_refused(
    artefact: Make, tmp_path: Path, license: str | None, option: str | None, words: list[str]
) -> None:
    told = refused(artefact(license=license), tmp_path, license=option)
    assert all(word in told for word in words), told


def test_licences_of_documents_are_held_against_each_other() -> None:
    made = Stage(
        {
            "stage": "s",
            "verdict": {"ok": True},
            "private_key": "x",
            "steps": [],
            "columns": {"license": "String"},
        }
    )
    pair = {"CC-BY-SA-4.0": 3, "CC-BY-NC-4.0": 4}
    with pytest.raises(GateError, match=r"CC-BY-SA-4\.0 with CC-BY-NC-4\.0"):
        judge(made, terms(pair, None), {})
    assert judge(made, terms(pair, "other"), {}) == []
    assert [r.name for r in judge(made, terms(pair, None), {"license-conflict": "w"})] == ["license-conflict"]
    assert terms({"CC0-1.0": 1, "CC-BY-4.0": 1, "CC-BY-SA-4.0": 1}, None).declared == "CC-BY-SA-4.0"
    assert terms({"CC0-1.0": 1, None: 1}, None).declared is None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("cc by-sa 4.0", "CC-BY-SA-4.0"),
        ("https://creativecommons.org/licenses/by-nc-nd/3.0/us/", "CC-BY-NC-ND-3.0"),
        ("http://creativecommons.org/publicdomain/zero/1.0/", "CC0-1.0"),
        ("http://creativecommons.org/publicdomain/mark/1.0/", "public-domain"),
        ("Public Domain", "public-domain"),
        ("GPL-3.0-or-later", "GPL-3.0"),
        ("apache-2.0", "Apache-2.0"),
        ("all rights reserved", None),
        ("cc-by-4.0 <script>", None),
    ],
)
def test_licences_by_their_names(text: str, name: str | None) -> None:
    found = licence(text)
    assert (found.name if found else None) == name


def test_what_licences_allow() -> None:
    def of(name: str) -> Any:
        return licence(name)

    free = ["public-domain", "cc0-1.0", "mit", "cc-by-4.0"]
    assert all(not against(of(one), of("cc-by-sa-4.0")) for one in free)
    assert against(of("cc-by-4.0"), of("cc0-1.0")) and not against(of("cc0-1.0"), of("cc-by-4.0"))
    assert against(of("cc-by-nc-4.0"), of("cc-by-4.0")) and against(of("cc-by-nc-sa-4.0"), of("cc-by-sa-4.0"))
    assert against(of("gpl-3.0"), of("cc-by-sa-4.0")) and conflicts([of("gpl-3.0"), of("cc-by-sa-4.0")])
    assert not conflicts([of(one) for one in free])
    assert common([of("cc-by-4.0"), of("cc-by-nc-4.0")]).name == "CC-BY-NC-4.0"  # type: ignore[union-attr]
    assert common([of("cc-by-sa-4.0"), of("cc-by-nc-4.0")]) is None


def altered(folder: str, to: Path, **changes: Any) -> str:
    """A copy of an artefact with another manifest."""
    shutil.copytree(folder, to)
    found = manifest.read(folder)
    assert found is not None
    manifest.write(str(to), found | changes)
    return str(to)


def test_a_run_that_failed_is_refused(artefact: Make, tmp_path: Path) -> None:
    folder = altered(artefact(), tmp_path / "a", verdict={"ok": False, "faults": ["a: 9 of 10 failed"]})
    assert "verdict: stage corpus failed: a: 9 of 10 failed" in refused(folder, tmp_path)
    nothing = altered(artefact(), tmp_path / "b", verdict=None)
    assert "it has no verdict" in refused(nothing, tmp_path)


def test_private_data_that_were_left_are_refused(artefact: Make, tmp_path: Path) -> None:
    audit = {"step": "pii", "sampled": 50, "touched": 2, "share": 0.04}
    told = refused(altered(artefact(), tmp_path / "a", audit=audit), tmp_path)
    assert (
        "audit: 2 of 50 finished documents of stage corpus still hold private data (4.00%; max_residual is not"
        in told
    )
    found = manifest.read(artefact())
    assert found is not None
    steps = [step | {"params": step["params"] | {"max_residual": 0.05}} for step in found["steps"]]
    publish(altered(artefact(), tmp_path / "b", audit=audit, steps=steps), f"{tmp_path}/set")
    assert "2 (4.00%) still held" in (tmp_path / "set" / "README.md").read_text()


def chained(tmp_path: Path, first: list[Any], license: str | None) -> str:
    """A pipeline whose second stage reads the first."""
    write_jsonl(tmp_path / "in" / "a.jsonl", records(30))
    source = {"name": "a", "path": f"{tmp_path}/in/*.jsonl"} | ({"license": license} if license else {})
    stages = {
        "corpus": {"sources": [source], "steps": first},
        "short": {"sources": [{"name": "c", "from": "corpus"}], "steps": [{"sample": {"rate": 0.5}}]},
    }
    return str(build(write_pipeline(tmp_path / "p.yaml", stages), tmp_path / "out", "short")["path"])


def test_a_stage_inherits_what_stages_behind_it_did(tmp_path: Path) -> None:
    folder = chained(tmp_path, PLAIN, "CC0-1.0")
    publish(str(tmp_path / "out"), f"{tmp_path}/set", stage="short")
    card = (tmp_path / "set" / "README.md").read_text()
    assert "### Stage corpus" in card and "step pii of stage corpus" in card and "license: cc0-1.0" in card
    above = next((tmp_path / "out").glob("corpus-*"))
    above.rename(tmp_path / "elsewhere")
    told = refused(folder, tmp_path / "gone")
    assert "upstream: stage short was made from corpus" in told and "pii:" in told


def test_a_stage_inherits_what_stages_behind_it_lack(tmp_path: Path) -> None:
    folder = chained(tmp_path, ["signals"], None)
    told = refused(folder, tmp_path)
    assert "pii: no step" in told and "license-missing" in told and "(sources: a)" in told
    found = manifest.read(folder)
    assert found is not None and not trace(folder, found).scrubbed


def test_every_refusal_is_documented() -> None:
    text = Path(__file__).parents[2].joinpath("docs", "publishing.md").read_text()
    assert [name for name in NAMES if f"`{name}`" not in text] == []
