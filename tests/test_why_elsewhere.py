"""`curate why` where the answer lies elsewhere: in stages before, in earlier releases, with a partner that went too."""

from __future__ import annotations

import shutil
from pathlib import Path

from click.testing import CliRunner, Result
from helpers import build, rows, texts, write_jsonl, write_pipeline

from curate import manifest
from curate.cli import main
from curate.explain.why import why

SPACED = [{"id": f"k{i // 2}", "text": f"Some  words of document {i}.  \n\n\n\nEnd."} for i in range(8)]


def command(*words: str) -> Result:
    return CliRunner().invoke(main, list(words))


def test_the_way_leads_through_the_stage_before(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "in" / "one.jsonl", SPACED)
    write_jsonl(tmp_path / "other" / "two.jsonl", texts(4))
    stages = {
        "first": {
            "sources": [{"name": "a", "path": f"{tmp_path}/in"}],
            "steps": ["normalise", {"where": "text NOT LIKE '%document 5%'"}],
        },
        "second": {
            "sources": [{"name": "up", "from": "first"}],
            "steps": [{"where": "text NOT LIKE '%document 3%'"}],
        },
        "third": {
            "sources": [{"name": "up", "from": "second"}, {"name": "b", "path": f"{tmp_path}/other"}],
            "steps": ["signals"],
        },
    }
    file, out = write_pipeline(tmp_path / "p.yaml", stages), tmp_path / "out"
    build(file, out, "third")
    ids = rows(manifest.find(str(out), "first")[0])["id"].to_list()
    last = why(str(out), f"up/{ids[0]}", stage="third")
    assert last["outcome"] == "kept" and last["upstream"]["stage"] == "second"
    first = last["upstream"]["upstream"]
    assert first["stage"] == "first" and first["id"] == ids[0] and first["steps"][0]["edits"]
    gone = why(str(out), f"up/{ids[3]}", stage="third")
    assert gone["outcome"] == "not read" and gone["upstream"]["outcome"] == "dropped"
    dropped = rows(manifest.find(str(out), "first")[0], "dropped")["id"][0]
    further = why(str(out), dropped, stage="second")
    assert further["upstream"]["steps"][1]["reason"] == "where" and further["outcome"] == "not read"
    own = why(str(out), "b/two.jsonl#0", stage="third")
    assert "upstream" not in own and own["read"]["source"] == "b"
    for words in (
        ["why", str(out), f"up/{ids[0]}", "--stage", "third"],
        ["why", str(out), dropped, "--stage", "second"],
    ):
        told = command(*words)
        assert told.exit_code == 0 and "before, in the stage first" in told.stdout
    assert command("why", str(out), ids[0]).exit_code == 2  # which stage?


def test_a_partner_of_an_earlier_release_is_followed_there(tmp_path: Path) -> None:
    records = texts(6, 60)
    write_jsonl(tmp_path / "old" / "one.jsonl", records)
    file = write_pipeline(
        tmp_path / "old.yaml",
        {"corpus": {"sources": [{"name": "a", "path": f"{tmp_path}/old"}], "steps": ["near_duplicates"]}},
    )
    old = build(file, tmp_path / "before")["path"]
    again = [r | {"id": f"new {r['id']}", "text": r["text"] + " More."} for r in records]
    write_jsonl(tmp_path / "new" / "one.jsonl", [*again, *texts(3, 60, start=50)])
    step = {"near_duplicates": {"against": old, "max_dropped_share": 1.0}}
    stage = {"sources": [{"name": "a", "path": f"{tmp_path}/new"}], "steps": [step]}
    path = build(write_pipeline(tmp_path / "p.yaml", {"corpus": stage}), tmp_path / "out")["path"]
    gone = rows(path, "dropped").filter(reason="already released")
    assert gone.height == 6
    answer = why(path, gone["id"][2])
    partner = answer["partner"]
    assert partner["release"] == old and gone["duplicate_of"][2] == f"{old}:{partner['id']}"
    assert partner["now"]["part"] == "data" and partner["difference"]["new"] == 0
    told = command("why", path, gone["id"][2])
    assert "earlier release" in told.output and "[- More" in told.output
    Path(old, "manifest.json").unlink()
    assert (
        why(path, gone["id"][2])["partner"]["difference"] == partner["difference"]
    )  # its Parquet files serve
    shutil.rmtree(old)
    assert "missing" in why(path, gone["id"][2])["partner"]


def test_a_partner_that_went_later_is_followed(tmp_path: Path) -> None:
    words = " ".join(f"w{i}" for i in range(60))
    records = [{"text": words}, {"text": words}, {"text": words + " more"}]
    write_jsonl(tmp_path / "in" / "one.jsonl", records)
    steps = [
        "exact_duplicates",
        {"near_duplicates": {"max_dropped_share": 1.0}},
        {"where": "text LIKE '%nothing%'"},
    ]
    stage = {"sources": [{"name": "a", "path": f"{tmp_path}/in"}], "steps": steps}
    path = build(write_pipeline(tmp_path / "p.yaml", {"corpus": stage}), tmp_path / "out")["path"]
    ids = dict(zip(("near", "exact", "where"), ("a/one.jsonl#0",) * 3))
    second = rows(path, "dropped").filter(step="exact_duplicates")["id"][0]
    chain = why(path, second)["partner"]["chain"]
    assert [link["step"] for link in chain] == ["near_duplicates", "where"] and chain[0]["id"] == ids["near"]
    third = why(path, rows(path, "dropped").filter(step="where")["id"][0])
    assert third["stands_for"]["count"] == 2 and {d["step"] for d in third["stands_for"]["documents"]} == {
        "exact_duplicates",
        "near_duplicates",
    }
    assert "was itself dropped by near_duplicates" in command("why", path, second).output
