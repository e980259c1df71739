"""Media of a job in an object store: each comes whole, once, and as it is there."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from client import ROOT
from object_store import KEY, serve
from policy.peers import Peers
from policy.worker import looker
from rollout_lab_job.media import CHUNK, Objects, Refused

CLIP = "s3://clips/some project/clips/a+b é.mp4"


def environment(port: int) -> dict[str, str]:
    return {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": "secret-of-the-tests",
        # Nobody else is asked.
        "AWS_EC2_METADATA_DISABLED": "true",
    }


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give a folder of buckets that is served, and named to whoever looks for a store."""
    folder = tmp_path / "store"
    folder.mkdir()
    server = serve(folder)
    for name, value in environment(server.server_port).items():
        monkeypatch.setenv(name, value)
    yield folder
    server.shutdown()
    server.server_close()


def put(root: Path, uri: str, data: bytes, second: int = 1_700_000_000) -> Path:
    """Lay an object, which was written at that second."""
    file = root / uri.removeprefix("s3://")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)
    os.utime(file, (second, second))
    return file


def reads(root: Path) -> list[str]:
    return [line for line in (root / "asked").read_text().splitlines() if "bytes=" in line]


def files(folder: Path) -> list[str]:
    return sorted(str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file() and not file.name.startswith(".lock-"))


def test_an_object_comes_whole_and_once(root: Path, tmp_path: Path) -> None:
    data = os.urandom(2 * CHUNK + 5)
    put(root, CLIP, data)
    folder = tmp_path / "node"
    assert Objects(folder).bring(CLIP) == len(data)
    assert (folder / "s3:/clips/some project/clips/a+b é.mp4").read_bytes() == data
    before = reads(root)
    assert len(before) == 3
    assert Objects(folder).bring(CLIP) == 0
    assert reads(root) == before
    assert files(folder) == ["s3:/clips/some project/clips/a+b é.mp4"]


def test_one_that_was_replaced_comes_anew(root: Path, tmp_path: Path) -> None:
    objects = Objects(tmp_path / "node")
    for second, data in enumerate([b"first", b"other", b"longer than those"], 1_700_000_000):
        put(root, CLIP, data, second)
        assert objects.bring(CLIP) == len(data)
        assert (tmp_path / "node/s3:" / CLIP.removeprefix("s3://")).read_bytes() == data


def test_it_stays_as_it_is_packed(root: Path, tmp_path: Path) -> None:
    put(root, "s3://clips/a.gz", b"\x1f\x8b no gzip")
    assert Objects(tmp_path / "node").bring("s3://clips/a.gz") == 10
    put(root, "s3://clips/empty", b"")
    assert Objects(tmp_path / "node").bring("s3://clips/empty") == 0
    assert files(tmp_path / "node") == ["s3:/clips/a.gz", "s3:/clips/empty"]


def test_processes_of_a_node_fetch_it_once_together(root: Path, tmp_path: Path) -> None:
    put(root, CLIP, os.urandom(100_000))
    with ThreadPoolExecutor(4) as pool:
        brought = list(pool.map(lambda _: Objects(tmp_path / "node").bring(CLIP), range(4)))
    assert sorted(map(str, brought)) == ["0", "0", "0", "100000"]
    assert len(reads(root)) == 1


def test_what_is_not_there_is_none(root: Path, tmp_path: Path) -> None:
    put(root, CLIP, b"data")
    assert Objects(tmp_path / "node").bring(f"{CLIP}x") is None
    assert Objects(tmp_path / "node").bring("s3://clips/some project") is None
    assert files(tmp_path / "node") == []


@pytest.mark.parametrize(("uri", "said"), [("s3://private/a.mp4", "ACCESS_DENIED"), ("s3://private/b c.mp4", "ACCESS_DENIED")])
def test_what_is_refused_is_named_with_its_cure(root: Path, tmp_path: Path, uri: str, said: str) -> None:
    put(root, uri, b"secret")
    with pytest.raises(Refused, match=f"^{uri} cannot be read: .*{said}.*AWS_ACCESS_KEY_ID") as caught:
        Objects(tmp_path / "node").bring(uri)
    assert "\n" not in str(caught.value)
    assert KEY not in str(caught.value)


def test_a_store_that_does_not_answer_is_named(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    with pytest.raises(Refused, match=rf"^{CLIP.replace('+', '.')} cannot be read: .*AWS_ENDPOINT_URL"):
        Objects(tmp_path / "node").bring(CLIP)
    assert root.is_dir()


def test_a_clip_is_looked_for_once_and_no_other_file_is(root: Path, tmp_path: Path) -> None:
    put(root, CLIP, b"data")
    objects = Objects(tmp_path / "node")
    place = tmp_path / "node/s3:" / CLIP.removeprefix("s3://")
    for path in (place, place, tmp_path / "elsewhere.mp4"):
        objects.look(path)
    assert place.read_bytes() == b"data"
    assert len((root / "asked").read_text().splitlines()) == len(reads(root)) + 2


def test_a_worker_has_the_clips_of_a_request_brought_to_its_node_or_answers_why_not(root: Path, tmp_path: Path) -> None:
    put(root, CLIP, b"data")
    put(root, "s3://private/a.mp4", b"secret")
    node = tmp_path / "node"
    place, refused = node / "s3:" / CLIP.removeprefix("s3://"), node / "s3:/private/a.mp4"

    def asked(*clips: Path | None) -> dict[str, Any]:
        return {"contexts": [{"text": "?", "clip": clip and {"path": str(clip), "frames": 16, "pixels": 1000}} for clip in clips]}

    lack = looker(Peers(), str(node))
    assert lack({"policy": "of another request"}) is None
    assert lack(asked(None, place)) is None
    assert place.read_bytes() == b"data"
    answer = lack(asked(place, refused))
    assert answer is not None
    assert answer["error"]["message"].startswith("s3://private/a.mp4 cannot be read: ")
    assert looker(Peers(), None)(asked(refused)) is None


def program(folder: Path, names: Path, **more: str) -> tuple[int, list[str]]:
    asked = [sys.executable, "-m", "rollout_lab_job.media", str(folder), str(names)]
    where: dict[str, Any] = {"cwd": ROOT / "src/cluster", "env": {**os.environ, **more}}
    ended = subprocess.run(asked, capture_output=True, text=True, check=False, **where)  # noqa: S603  Our own words.
    return ended.returncode, (ended.stdout + ended.stderr).splitlines()


def test_the_program_brings_a_list_and_says_how_far_it_is(root: Path, tmp_path: Path) -> None:
    uris = [f"s3://clips/{i}.mp4" for i in range(12)]
    for uri in uris[:-1]:
        put(root, uri, b"x" * 100_000)
    names = tmp_path / "list.json"
    names.write_text(json.dumps(uris))
    assert program(tmp_path / "node", names) == (0, ["11 of 12 media are here; 11 were fetched (1.1 MB)."])
    assert program(tmp_path / "node", names) == (0, ["11 of 12 media are here; 0 were fetched (0.0 MB)."])
    names.write_text(json.dumps([*uris, "s3://private/a.mp4"]))
    code, lines = program(tmp_path / "node", names)
    assert code == 1
    assert lines[-1].startswith("rollout-lab: s3://private/a.mp4 cannot be read: ")


def test_a_node_that_cannot_keep_them_says_so(root: Path, tmp_path: Path) -> None:
    put(root, CLIP, b"data")
    names = tmp_path / "list.json"
    names.write_text(json.dumps([CLIP]))
    (tmp_path / "node").write_text("a file in its place")
    code, lines = program(tmp_path / "node", names)
    assert (code, len(lines)) == (1, 1)
    assert lines[0].startswith("rollout-lab: the node cannot keep the media: ")
