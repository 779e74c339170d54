"""Publishing to the Hub through the unmodified client: complete, interrupted, refused for a while, again, unchanged."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from email.utils import formatdate
from pathlib import Path

import pytest
from hub_server import Hub
from hub_store import Fault
from published import records

from curate import manifest
from curate.errors import ConfigError, RunError
from curate.publish import hub as hub_module
from curate.publish import retry
from curate.publish.publish import publish

Make = Callable[..., str]


def shards(hub: Hub, repo: str = "owner/set") -> list[str]:
    return sorted(path for path in hub.files(repo) if path.startswith("data/"))


def test_a_release_is_one_commit_with_card_data_and_tag(hub: Hub, artefact: Make) -> None:
    folder = artefact()
    told = publish(folder, "owner/set")
    files = hub.files("owner/set")
    found = manifest.read(folder)
    assert found is not None
    data = shards(hub)
    assert len(data) == len(found["outputs"]["data"]) > 3
    assert data[0] == f"data/train-00000-of-{len(data):05d}.parquet"
    assert [files[path] for path in data] == [Path(f).read_bytes() for f in manifest.files(folder, found)]
    assert {"README.md", "croissant.json", "curate/manifest.json", "curate/pipeline.yaml"} <= set(files)
    assert not [path for path in files if re.search("private|dropped|failed|evidence", path)]
    repo = hub.repos["datasets/owner/set"]
    assert repo.history() == [f"Release {told['release']} of test / corpus", "initial commit"]
    assert repo.tags == {told["release"]: repo.branches["main"]}
    assert set(repo.branches) == {"main"}


def test_an_unchanged_release_sends_nothing_and_makes_no_commit(hub: Hub, artefact: Make) -> None:
    folder = artefact()
    publish(folder, "owner/set")
    before, hub.requests[:] = hub.repos["datasets/owner/set"].branches["main"], []
    told = publish(folder, "owner/set")
    assert told["commit"] is None and told["sent"] == {"files": 0, "bytes": 0}
    assert hub.saw("^(PUT|DELETE)|/commit/|/preupload/|/branch/|/tag/") == []
    assert hub.repos["datasets/owner/set"].branches["main"] == before


def test_a_second_release_sends_only_what_changed_and_deletes_what_is_gone(hub: Hub, artefact: Make) -> None:
    publish(artefact(), "owner/set")
    first, old = set(hub.large), shards(hub)
    hub.requests.clear()
    folder = artefact(records(100, changed=(40,)))
    told = publish(folder, "owner/set")
    new = set(hub.large) - first
    assert shards(hub) == old and 1 <= len(new) == len(hub.saw("^PUT")) <= 2 < len(old)
    assert told["changed"] == len(new) + 3  # README.md, croissant.json, curate/manifest.json
    hub.requests.clear()
    fewer = publish(artefact(records(50)), "owner/set")
    assert fewer["deleted"] == len(old) and len(shards(hub)) < len(old)  # "-of-" changed, so all names
    assert all(path.endswith(f"-of-{len(shards(hub)):05d}.parquet") for path in shards(hub))
    repo = hub.repos["datasets/owner/set"]
    assert len(repo.history()) == 4 and len(repo.tags) == 3


def test_groups_are_bounded_and_the_branch_changes_once(
    hub: Hub, artefact: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub_module, "GROUP_FILES", 2)
    seen = []

    def look(method: str, path: str) -> None:
        if "/commit/" in path and (repo := hub.repos.get("datasets/owner/set")):
            seen.append((path.rpartition("/")[2], len(repo.commits[repo.branches["main"]])))

    hub.before = look
    publish(artefact(), "owner/set")
    count = len(shards(hub))
    assert [branch for branch, _ in seen].count("main") == 1 and seen[-1][0] == "main"
    assert len(seen) == -(-count // 2) + 1
    assert {files for _, files in seen} == {1}  # until the last commit, main holds .gitattributes alone
    monkeypatch.setattr(hub_module, "GROUP_BYTES", 1)
    assert [len(group) for group in hub_module.groups([f(i) for i in range(3)])] == [1, 1, 1]


def f(i: int) -> hub_module.File:
    return hub_module.File(f"data/{i}", 5, "", b"", bulk=True)


def test_what_arrived_before_an_interruption_is_not_sent_again(
    hub: Hub, artefact: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub_module, "GROUP_FILES", 2)
    monkeypatch.setattr(retry, "TRIES", 1)
    folder = artefact()
    down = Fault("^PUT", 0, times=0)
    hub.faults = [down]
    hub.before = lambda method, path: setattr(down, "times", 99 if len(hub.large) >= 3 else 0)
    with pytest.raises(RunError, match="run the same command to go on"):
        publish(folder, "owner/set")
    repo = hub.repos["datasets/owner/set"]
    assert repo.history() == ["initial commit"] and repo.tags == {} and len(hub.large) >= 3
    arrived = set(hub.large)
    (work,) = set(repo.branches) - {"main"}
    staged = len(repo.commits[repo.branches[work]]) - 1  # without .gitattributes
    hub.faults, hub.requests[:] = [], []
    hub.before = lambda method, path: None
    publish(folder, "owner/set")
    again = {path.rpartition("/")[2] for _, path, _ in hub.saw("^PUT")}
    left = len(shards(hub)) - staged
    asked = len(hub.saw("/preupload/curate-"))  # at most twice a group; what the branch has is not asked for
    assert staged >= 2 and asked <= 2 * -(-left // 2)
    assert again and not again & arrived and again | arrived == set(hub.large)
    assert len(repo.history()) == 2 and set(repo.branches) == {"main"}


def environment(hub: Hub, tmp_path: Path) -> dict[str, str]:
    return os.environ | {
        "HF_ENDPOINT": hub.url,
        "HF_TOKEN": "hf_test",
        "HF_HUB_DISABLE_XET": "1",
        "HF_HOME": str(tmp_path / "hf"),
        "HF_HUB_DISABLE_TELEMETRY": "1",
    }


def test_a_killed_client_goes_on_where_it_was(hub: Hub, artefact: Make, tmp_path: Path) -> None:
    folder = artefact()
    command = [sys.executable, "-m", "curate", "publish", folder, "owner/set", "--json"]
    started: list[subprocess.Popen[bytes]] = []

    def stop(method: str, path: str) -> None:
        if method == "PUT" and len(hub.large) >= 2 and started:
            started.pop().send_signal(signal.SIGKILL)
            time.sleep(0.2)

    hub.before = stop
    first = subprocess.Popen(command, env=environment(hub, tmp_path), stdout=subprocess.DEVNULL)
    started.append(first)
    assert first.wait(60) == -signal.SIGKILL
    repo = hub.repos["datasets/owner/set"]
    assert repo.history() == ["initial commit"]
    arrived = set(hub.large)
    hub.requests.clear()
    done = subprocess.run(command, env=environment(hub, tmp_path), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert len(arrived) >= 2 and not {p.rpartition("/")[2] for _, p, _ in hub.saw("^PUT")} & arrived
    assert len(repo.history()) == 2


@pytest.mark.parametrize(
    "match",
    ["^PUT", "POST .*/commit/main", "POST .*/preupload", "GET .*/tree/", "POST .*/tag/", "GET .*/refs"],
)
@pytest.mark.parametrize(
    ("status", "headers", "wait"),
    [
        (429, {"Retry-After": "7"}, 7),
        (503, {"Retry-After": "DATE"}, 20),
        (503, {}, 1),
        (429, {"ratelimit": '"api";r=0;t=55'}, 55),
        (503, {"Retry-After": "86400"}, 600),
        (0, {}, 1),
    ],
)
def test_a_server_that_asks_to_wait_is_heard(
    hub: Hub,
    small: str,
    naps: list[float],
    match: str,
    status: int,
    headers: dict[str, str],
    wait: float,
) -> None:
    headers = {k: v.replace("DATE", formatdate(time.time() + 20, usegmt=True)) for k, v in headers.items()}
    hub.faults = [Fault(match, status, headers=headers)]
    lines: list[str] = []
    publish(small, "owner/set", say=lines.append)
    assert naps == [pytest.approx(wait, abs=2)], lines
    told = [line for line in lines if "trying again in" in line]
    assert len(told) == 1 and (not status or str(status) in told[0])
    assert len(hub.repos["datasets/owner/set"].history()) == 2


def test_a_commit_whose_answer_was_lost_is_not_made_twice(hub: Hub, small: str, naps: list[float]) -> None:
    hub.faults = [Fault("POST .*/commit/main", 0, late=True)]
    told = publish(small, "owner/set")
    repo = hub.repos["datasets/owner/set"]
    assert len(repo.history()) == 2 and len(naps) == 1
    assert repo.tags == {told["release"]: repo.branches["main"]}


def test_patience_ends(hub: Hub, small: str, naps: list[float]) -> None:
    hub.faults = [Fault("^PUT", 503, times=99)]
    with pytest.raises(RunError, match=r"gave up after 8 tries without progress .*503"):
        publish(small, "owner/set")
    assert naps == [1, 2, 4, 8, 16, 32, 64, 128]


def test_a_branch_that_moved_meanwhile_is_not_overwritten(hub: Hub, small: str) -> None:
    publish(small, "owner/set")
    repo = hub.repos["datasets/owner/set"]
    tree = dict(repo.commits[repo.branches["main"]])
    repo.commit("main", {".gitattributes": tree[".gitattributes"]}, "emptied")

    def meddle(method: str, path: str) -> None:
        if path.endswith("/commit/main") and repo.titles[repo.branches["main"]] != "meddled":
            repo.commit("main", dict(tree), "meddled")

    hub.before = meddle
    with pytest.raises(RunError, match="somebody else changed the branch"):
        publish(small, "owner/set")
    assert repo.history()[0] == "meddled"


def test_what_somebody_else_put_there_stays(hub: Hub, small: str) -> None:
    publish(small, "owner/set")
    repo = hub.repos["datasets/owner/set"]
    tree = dict(repo.commits[repo.branches["main"]])
    tree |= {"LICENSE": hub.add(b"text"), "data/train-00009-of-00009.parquet": hub.add(b"old")}
    repo.commit("main", tree, "by hand")
    assert publish(small, "owner/set")["deleted"] == 1
    assert "LICENSE" in hub.files("owner/set") and len(shards(hub)) == 1


def test_branches_and_visibility(hub: Hub, small: str) -> None:
    told = publish(small, "owner/set", private=True, revision="next", tag=False)
    repo = hub.repos["datasets/owner/set"]
    assert repo.private and repo.tags == {} and told["tag"] is None
    assert repo.history() == ["initial commit"] and len(repo.history("next")) == 2
    publish(small, "owner/open")
    with pytest.raises(ConfigError, match="is there and public"):
        publish(small, "owner/open", private=True)


def test_a_file_that_is_not_what_the_manifest_says_is_not_shown(
    hub: Hub, artefact: Make, tmp_path: Path
) -> None:
    folder = shutil.copytree(artefact(records(12), shard_size=1_000_000), tmp_path / "broken")
    shard = next(Path(folder, "data").glob("*.parquet"))
    shard.write_bytes(shard.read_bytes().replace(b"PAR1", b"PAR2", 1))
    with pytest.raises(RunError, match="is not what the manifest says"):
        publish(str(folder), "owner/set")
    assert hub.repos["datasets/owner/set"].history() == ["initial commit"]


@pytest.mark.parametrize(("status", "hint"), [(401, "hf auth login"), (403, "must be allowed to write")])
def test_refusals_of_the_server_are_told_once(
    hub: Hub, small: str, status: int, hint: str, naps: list[float]
) -> None:
    hub.faults = [Fault("POST .*/commit/", status, times=99)]
    with pytest.raises(RunError, match=hint):
        publish(small, "owner/set")
    assert naps == []


@pytest.mark.parametrize("name", ["set", "a/b/c", "owner/se t", "hf://datasets/owner/set"])
def test_names_that_are_none_are_refused(small: str, name: str) -> None:
    with pytest.raises(ConfigError):
        publish(small, name)


def test_a_dry_run_lists_and_touches_nothing(hub: Hub, small: str) -> None:
    told = publish(small, "owner/set", dry_run=True)
    assert hub.repos == {} and hub.saw("^(PUT|POST|DELETE)") == []
    assert {row["action"] for row in told["files"]} == {"upload"} and told["card"].startswith("---\n")
    publish(small, "owner/set")
    assert {row["action"] for row in publish(small, "owner/set", dry_run=True)["files"]} == {"same"}
    hub.close()
    lines: list[str] = []
    told = publish(small, "owner/set", dry_run=True, say=lines.append)
    assert {row["action"] for row in told["files"]} == {"upload"} and "could not be asked" in lines[0]
