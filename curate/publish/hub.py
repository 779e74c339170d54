"""To the Hugging Face Hub: what is not there is sent in groups to a branch for work, then one commit shows all of it.

Whatever happens in between, the published branch has the former release or the new one. What a server has already is
not sent again: files on the branch for work are known by their SHA-256, and of a group that broke off, large file
storage knows the files, xet storage the chunks.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from curate import storage
from curate.errors import ConfigError, RunError
from curate.publish.files import Changes, File, Stored, changes, size
from curate.publish.retry import Progress, failing_fast, passing, patiently

#: Bounds of a group: a commit of more files may run into the Hub's time limit, and is what an interruption may lose.
GROUP_FILES, GROUP_BYTES = 50, 5_000_000_000
#: Folders of a data set's repository that are ours alone: what is in them and not in a release is deleted.
OURS = {"dataset": ("data/", "curate/"), "model": ("curate/",)}

Say = Callable[[str], None]


@dataclass(frozen=True)
class Target:
    """Where a release goes: a repository and a branch."""

    repo: str
    kind: str = "dataset"  # or "model"
    branch: str = "main"
    private: bool = False

    @property
    def place(self) -> dict[str, str]:
        """As the client's methods take it."""
        return {"repo_id": self.repo, "repo_type": self.kind}


@dataclass
class State:
    """A repository as it is: the commit that the branch (or, for a new one, main) shows, files, tags."""

    head: str
    new_branch: bool
    files: dict[str, Stored]
    arrived: dict[str, Stored] = field(default_factory=dict)  # on the branch for work
    tags: dict[str, str] = field(default_factory=dict)


def checked(target: Target) -> None:
    """Whether the name can be one.

    Raises:
        ConfigError: it cannot.
    """
    from huggingface_hub.utils import HFValidationError, validate_repo_id

    try:
        validate_repo_id(target.repo)
    except HFValidationError as error:
        raise ConfigError(f"{target.repo!r} is no repository: {error}") from None
    if "/" not in target.repo:
        raise ConfigError(f"{target.repo!r} names no owner: write owner/{target.repo}")


def preview(target: Target, files: list[File], say: Say) -> Changes:
    """What publishing would do; where the repository cannot be asked, everything is sent."""
    from huggingface_hub import HfApi

    there: dict[str, Stored] = {}
    try:
        with failing_fast(Progress()):
            state = _state(HfApi(), target, "")
        if state is None:
            say(f"{target.repo} does not exist yet")
        else:
            there = state.files
    except Exception as error:  # whatever keeps us from asking is no reason not to list files
        say(
            f"{target.repo} could not be asked what it has ({_first_line(error)}): all files are listed as new"
        )
    return changes(files, there, OURS[target.kind])


def send(
    target: Target, files: list[File], message: str, work_branch: str, tag: str | None, say: Say
) -> dict[str, Any]:
    """Publish `files` as one commit on the target's branch, and tag it.

    Returns:
        commit (None where nothing changed), tag, and how many files were sent, were the same, were deleted.

    Raises:
        ConfigError: the repository is public and should be private.
        RunError: the server refused, or did not answer for long.
    """
    from huggingface_hub import HfApi
    from huggingface_hub.utils import HfHubHTTPError, disable_progress_bars

    if not sys.stderr.isatty():
        disable_progress_bars()
    progress, sent = Progress(), {"files": 0, "bytes": 0}
    api = HfApi(library_name="curate")
    try:
        with failing_fast(progress):
            return patiently(
                lambda: _reconcile(api, target, files, message, work_branch, tag, say, sent), progress, say
            )
    except (HfHubHTTPError, ValueError, RuntimeError) as error:
        status = getattr(getattr(error, "response", None), "status_code", None)
        hint = {
            401: " (is a token set? `hf auth login`, or HF_TOKEN)",
            403: " (the token must be allowed to write there)",
            412: " (somebody else changed the branch meanwhile: run the same command again)",
        }.get(status or 0, "")
        raise RunError(f"{target.repo}: {_first_line(error)}{hint}") from error


def _first_line(error: BaseException) -> str:
    again = passing(error)
    lines = (again.reason if again else str(error)).strip().splitlines()
    return " ".join(line.strip() for line in lines[:3] if line.strip()) or type(error).__name__


def _state(api: Any, target: Target, work_branch: str) -> State | None:
    """What the repository has; None where there is none."""
    from huggingface_hub.errors import RepositoryNotFoundError

    try:
        refs = api.list_repo_refs(**target.place)
    except RepositoryNotFoundError:
        return None
    branches = {ref.name: ref.target_commit for ref in refs.branches}
    head = branches.get(target.branch, branches.get("main"))
    if head is None:
        raise RunError(f"{target.repo} has no branch main to begin the branch {target.branch} from")
    arrived = _files(api, target, branches[work_branch]) if work_branch in branches else {}
    tags = {ref.name: ref.target_commit for ref in refs.tags}
    return State(head, target.branch not in branches, _files(api, target, head), arrived, tags)


def _files(api: Any, target: Target, revision: str) -> dict[str, Stored]:
    from huggingface_hub.hf_api import RepoFile

    tree = api.list_repo_tree(**target.place, revision=revision, recursive=True)
    return {
        entry.path: Stored(entry.size, entry.lfs.sha256 if entry.lfs else None, entry.blob_id)
        for entry in tree
        if isinstance(entry, RepoFile)
    }


def _reconcile(
    api: Any,
    target: Target,
    files: list[File],
    message: str,
    work_branch: str,
    tag: str | None,
    say: Say,
    sent: dict[str, int],
) -> dict[str, Any]:
    """Bring a repository from whatever it is to what it should be; what is done already is left out."""
    state = _state(api, target, work_branch)
    if state is None:
        api.create_repo(**target.place, private=target.private, exist_ok=True)
        say(f"created {'private ' if target.private else ''}{target.kind} {target.repo}")
        state = _state(api, target, work_branch)
        assert state is not None
    elif target.private and not api.repo_info(**target.place).private:
        raise ConfigError(
            f"{target.repo} is there and public: make it private on the Hub, or leave out --private"
        )
    wanted = changes(files, state.files, OURS[target.kind])
    bulk = [file for file in wanted.send if file.bulk]
    _stage(api, target, bulk, state, work_branch, say, sent)
    commit = (
        _show(api, target, wanted, state, message, work_branch, say) if wanted or state.new_branch else None
    )
    if commit is None:
        say(f"{target.repo} is up to date")
    tagged = _tag(api, target, tag, commit or state.head, state, say) if tag else None
    if bulk or state.arrived:
        api.delete_branch(**target.place, branch=work_branch)
    counts = {"same": len(wanted.same), "changed": len(wanted.send), "deleted": len(wanted.delete)}
    return {"repo": target.repo, "commit": commit, "tag": tagged, "sent": sent, **counts}


def _stage(
    api: Any, target: Target, bulk: list[File], state: State, branch: str, say: Say, sent: dict[str, int]
) -> None:
    """Send data in groups, each a commit on the branch for work."""
    from huggingface_hub import CommitOperationAdd

    waiting = [f for f in bulk if not (f.path in state.arrived and state.arrived[f.path].holds(f))]
    if len(waiting) < len(bulk):
        say(f"{len(bulk) - len(waiting)} of {len(bulk)} files arrived earlier")
    if not waiting:
        return
    if not state.arrived:
        api.create_branch(**target.place, branch=branch, revision=state.head, exist_ok=True)
    done, total = 0, sum(file.size for file in waiting)
    for group in groups(waiting):
        with tempfile.TemporaryDirectory(prefix="curate-publish-") as folder:
            adds = [CommitOperationAdd(file.path, _local(file, Path(folder))) for file in group]
            api.preupload_lfs_files(additions=adds, **target.place, revision=branch, free_memory=False)
            for file, add in zip(group, adds):
                if add.upload_info.sha256.hex() != file.sha256:
                    raise RunError(f"{file.path} is not what the manifest says: build the artefact again")
            api.create_commit(
                operations=adds, **target.place, revision=branch, commit_message=f"{len(group)} files"
            )
        sent["files"] += len(group)
        sent["bytes"] += sum(file.size for file in group)
        done += sum(file.size for file in group)
        say(f"sent {size(done)} of {size(total)}")


def groups(files: list[File]) -> Iterator[list[File]]:
    """Files in order, in groups of at most `GROUP_FILES` and, but for a single file, `GROUP_BYTES`."""
    group: list[File] = []
    for file in files:
        if group and (len(group) == GROUP_FILES or sum(f.size for f in group) + file.size > GROUP_BYTES):
            yield group
            group = []
        group.append(file)
    if group:
        yield group


def _local(file: File, folder: Path) -> str | bytes:
    """A file's content as the client takes it: one that lies elsewhere is fetched first."""
    if isinstance(file.source, bytes):
        return file.source
    if storage.is_local(file.source):
        return file.source.removeprefix("file://")
    copy = folder / file.path.replace("/", "_")
    with open(copy, "wb") as handle:
        handle.writelines(file.chunks())
    return str(copy)


def _show(
    api: Any, target: Target, wanted: Changes, state: State, message: str, work_branch: str, say: Say
) -> str | None:
    """The one commit by which the branch becomes the release."""
    from huggingface_hub import CommitOperationAdd, CommitOperationCopy, CommitOperationDelete

    operations: list[Any] = [CommitOperationDelete(path) for path in wanted.delete]
    for file in wanted.send:
        if file.bulk:
            operations.append(CommitOperationCopy(file.path, file.path, src_revision=work_branch))
        else:
            operations.append(CommitOperationAdd(file.path, _small(file)))
    if state.new_branch:
        api.create_branch(**target.place, branch=target.branch, revision=state.head, exist_ok=True)
    if not operations:
        return None
    made = api.create_commit(
        operations=operations,
        **target.place,
        revision=target.branch,
        parent_commit=state.head,
        commit_message=message,
    )
    say(
        f"{target.repo}@{target.branch}: commit {made.oid[:12]}, {len(wanted.send)} files, {len(wanted.delete)} deleted"
    )
    return str(made.oid)


def _small(file: File) -> bytes:
    return b"".join(file.chunks())


def _tag(api: Any, target: Target, tag: str, commit: str, state: State, say: Say) -> str:
    if tag in state.tags:
        if state.tags[tag] != commit:
            say(f"the tag {tag} stays at {state.tags[tag][:12]}: the same documents were released there")
        return tag
    api.create_tag(**target.place, tag=tag, revision=commit, exist_ok=True)
    say(f"tagged {tag}")
    return tag
