"""The requests that the Hub of the tests answers, as the source of huggingface_hub 2.4 sends and reads them."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import time
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from hub_store import ROUTES, Fault, Repo, listed


class _Cut(Exception): ...  # the connection goes without an answer


class _Answered(Exception): ...  # there is nothing more to say


class Handler(BaseHTTPRequestHandler):
    hub: Any
    protocol_version = "HTTP/1.1"

    def log_message(self, *args: Any) -> None:
        pass

    def _handle(self) -> None:
        parts = urlsplit(self.path)
        self.route, self.query = unquote(parts.path), parse_qs(parts.query)
        line = f"{self.command} {self.route}"
        fault = self._fault(line)
        try:
            self.hub.before(self.command, self.route)
            self.body = self._read()
            self.hub.requests.append((self.command, self.route, len(self.body)))
            if fault and not fault.late:
                self._fail(fault)
                return
            if fault:
                self._answer_nothing = True
            for pattern, name in ROUTES:
                if found := re.fullmatch(pattern, line):
                    with self.hub.lock:
                        getattr(self, name)(**found.groupdict())
                    return
            self._send(404, {"error": f"no such route: {line}"})
        except (_Cut, _Answered) as end:
            self.close_connection = isinstance(end, _Cut)
        except Exception as error:  # of the server itself: no passing fault, or tests would wait for long
            self._send(400, {"error": f"{type(error).__name__}: {error}"})

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _handle
    _answer_nothing = False

    def _fault(self, line: str) -> Fault | None:
        with self.hub.lock:
            for fault in self.hub.faults:
                if fault.times and re.search(fault.match, line):
                    fault.times -= 1
                    return fault
        return None

    def _fail(self, fault: Fault) -> None:
        if not fault.status:
            raise _Cut
        self._send(fault.status, {"error": "as told"}, fault.headers)

    def _read(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            out = b""
            while size := int(self.rfile.readline(), 16):
                out += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return out
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        if len(body) < length:
            raise _Cut
        return body

    def _send(
        self, status: int, told: Any = None, headers: dict[str, str] | None = None, raw: bytes = b""
    ) -> None:
        if self._answer_nothing:
            raise _Cut
        data = raw if told is None else json.dumps(told).encode()
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if told is not None:
            self.send_header("Content-Type", "application/json")
        if "Content-Length" not in (headers or {}):
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def _repo(self, repo: str) -> Repo:
        found = self.hub.repos.get(repo)
        if found is None:
            self._send(404, {"error": "Repository not found"}, {"X-Error-Code": "RepoNotFound"})
            raise _Answered
        return found

    def _commit(self, found: Repo, revision: str) -> str:
        oid = found.find(unquote(revision))
        if oid is None:
            self._send(404, {"error": "Invalid rev id"}, {"X-Error-Code": "RevisionNotFound"})
            raise _Answered
        return oid

    def whoami(self) -> None:
        self._send(200, {"type": "user", "name": "owner", "auth": {"accessToken": {"role": "write"}}})

    def validate(self) -> None:
        self._send(200, {"errors": [], "warnings": []})

    def create(self) -> None:
        asked = json.loads(self.body)
        name = f"{asked.get('type', 'model')}s/{asked.get('organization') or 'owner'}/{asked['name']}"
        if name in self.hub.repos:
            self._send(409, {"error": "You already created this repo", "url": f"{self.hub.url}/{name}"})
            return
        repo = Repo(asked.get("visibility") == "private" or bool(asked.get("private")))
        repo.commit("main", {".gitattributes": self.hub.add(b"*.parquet filter=lfs\n")}, "initial commit")
        self.hub.repos[name] = repo
        self._send(200, {"url": f"{self.hub.url}/{name}"})

    def info(self, repo: str, revision: str | None = None) -> None:
        found = self._repo(repo)
        oid = self._commit(found, revision or "main")
        siblings = [{"rfilename": path} for path in sorted(found.commits[oid])]
        name = repo.partition("/")[2]
        told = {
            "_id": "1",
            "id": name,
            "sha": oid,
            "private": found.private,
            "siblings": siblings,
            "tags": [],
        }
        self._send(200, told | {"downloads": 0, "likes": 0, "gated": False, "disabled": False})

    def refs(self, repo: str) -> None:
        found = self._repo(repo)
        kinds = {"branches": (found.branches, "heads"), "tags": (found.tags, "tags")}
        told = {
            kind: [
                {"name": n, "ref": f"refs/{ref}/{n}", "targetCommit": oid} for n, oid in sorted(refs.items())
            ]
            for kind, (refs, ref) in kinds.items()
        }
        self._send(200, told | {"converts": []})

    def tree(self, repo: str, revision: str, path: str | None) -> None:
        found = self._repo(repo)
        tree = found.commits[self._commit(found, revision)]
        prefix = path.strip("/") + "/" if path else ""
        recursive = self.query.get("recursive", ["false"])[0].lower() in ("true", "1")
        told: dict[str, dict[str, Any]] = {}
        for name, entry in sorted(tree.items()):
            if not name.startswith(prefix):
                continue
            head, slash, _ = name[len(prefix) :].partition("/")
            if slash:
                told[prefix + head] = {"type": "directory", "path": prefix + head, "oid": "0" * 40, "size": 0}
            if not slash or recursive:
                told[name] = listed(name, entry)
        if prefix and not told:
            self._send(404, {"error": "Entry not found"}, {"X-Error-Code": "EntryNotFound"})
            return
        start = int(self.query.get("cursor", ["0"])[0])
        page, rest = list(told.values())[start : start + 40], len(told) > start + 40
        again = f"{self.hub.url}{self.path.partition('?')[0]}?recursive={recursive}&cursor={start + 40}"
        self._send(200, page, {"Link": f'<{again}>; rel="next"'} if rest else {})

    def paths(self, repo: str, revision: str) -> None:
        found = self._repo(repo)
        tree = found.commits[self._commit(found, revision)]
        wanted = (
            parse_qs(self.body.decode()).get("paths", [])
            if self.body[:1] != b"{"
            else json.loads(self.body)["paths"]
        )
        self._send(200, [listed(path, tree[path]) for path in wanted if path in tree])

    def branch(self, repo: str, name: str) -> None:
        found = self._repo(repo)
        if self.command == "DELETE":
            found.branches.pop(name, None)
            self._send(200, {})
            return
        if name in found.branches:
            self._send(409, {"error": "Reference already exists"})
            return
        found.branches[name] = self._commit(
            found, json.loads(self.body or b"{}").get("startingPoint", "main")
        )
        self._send(200, {})

    def tag(self, repo: str, revision: str) -> None:
        found = self._repo(repo)
        name = json.loads(self.body)["tag"]
        if name in found.tags:
            self._send(409, {"error": "Tag already exists"})
            return
        found.tags[name] = self._commit(found, revision)
        self._send(200, {})

    def preupload(self, repo: str, revision: str) -> None:
        found = self._repo(repo)
        tree = found.commits[self._commit(found, revision)]
        told = []
        for file in json.loads(self.body)["files"]:
            large = file["path"].endswith((".parquet", ".safetensors")) or file["size"] > 10_000_000
            entry = tree.get(file["path"])
            oid = entry and (entry["lfs"]["oid"] if entry["lfs"] else entry["oid"])
            mode = "lfs" if large else "regular"
            told.append({"path": file["path"], "uploadMode": mode, "shouldIgnore": False, "oid": oid})
        self._send(200, {"files": told})

    def batch(self, repo: str) -> None:
        objects = []
        for wanted in json.loads(self.body)["objects"]:
            told: dict[str, Any] = {"oid": wanted["oid"], "size": wanted["size"]}
            if wanted["oid"] not in self.hub.large:
                told["actions"] = {
                    "upload": {"href": f"{self.hub.url}/upload/{wanted['oid']}", "header": {}},
                    "verify": {"href": f"{self.hub.url}/verify/{wanted['oid']}", "header": {}},
                }
            objects.append(told)
        self._send(200, {"transfer": "basic", "objects": objects})

    def upload(self, sha256: str) -> None:
        if hashlib.sha256(self.body).hexdigest() != sha256:
            self._send(400, {"error": "this is another file"})
            return
        self.hub.large[sha256] = self.body
        self._send(200, {})

    def verify(self, sha256: str) -> None:
        right = len(self.hub.large.get(sha256, b"")) == json.loads(self.body)["size"]
        self._send(200 if right else 422, {})

    def xet_token(self, repo: str, revision: str) -> None:
        if self.hub.cas is None:
            self._send(404, {"error": "no xet storage"})
            return
        told = {"accessToken": "token", "exp": int(time.time()) + 3600, "casUrl": f"local://{self.hub.cas}"}
        self._send(200, told)

    def commit(self, repo: str, revision: str) -> None:
        found = self._repo(repo)
        head = self._commit(found, revision)
        lines = [json.loads(line) for line in self.body.splitlines()]
        header = next(line["value"] for line in lines if line["key"] == "header")
        if header.get("parentCommit") not in (None, head):
            self._send(412, {"error": "A commit has happened since. Please refresh and try again."})
            return
        tree = dict(found.commits[head])
        for line in lines:
            value = line["value"]
            if line["key"] == "file":
                tree[value["path"]] = self.hub.add(base64.b64decode(value["content"]))
            elif line["key"] == "lfsFile":
                if value["oid"] not in self.hub.large and self.hub.cas is None:
                    self._send(400, {"error": f"{value['path']} was not uploaded"})
                    return
                size = self.hub.sizes.setdefault(value["oid"], value.get("size"))  # a copy does not tell it
                tree[value["path"]] = self.hub.pointer(value["oid"], size)
            elif line["key"] == "deletedFile":
                del tree[value["path"]]
        oid = found.commit(unquote(revision), tree, header["summary"])
        self._send(
            200, {"success": True, "commitOid": oid, "commitUrl": f"{self.hub.url}/{repo}/commit/{oid}"}
        )

    def resolve(self, repo: str, revision: str, path: str) -> None:
        found = self._repo(repo)
        oid = self._commit(found, revision)
        entry = found.commits[oid].get(path)
        if entry is None:
            headers = {"X-Error-Code": "EntryNotFound", "X-Repo-Commit": oid}
            self._send(404, {"error": "Entry not found"}, headers)
            return
        content = self.hub.content(entry)
        etag = entry["lfs"]["oid"] if entry["lfs"] else entry["oid"]
        headers = {"ETag": f'"{etag}"', "X-Repo-Commit": oid, "Accept-Ranges": "bytes"}
        if entry["lfs"]:
            headers |= {"X-Linked-Etag": f'"{etag}"', "X-Linked-Size": str(len(content))}
        status = 200
        if wanted := re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", "")):
            start, end = int(wanted[1]), min(int(wanted[2] or len(content) - 1), len(content) - 1)
            headers["Content-Range"] = f"bytes {start}-{end}/{len(content)}"
            content, status = content[start : end + 1], 206
        self._send(status, None, headers | {"Content-Length": str(len(content))}, content)
