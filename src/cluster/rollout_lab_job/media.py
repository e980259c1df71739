"""`python -m rollout_lab_job.media FOLDER LIST`: brings objects into a folder of this node, each whole and once.

LIST is a file of their URIs, as JSON. By pyarrow, which comes with ray[train]. It finds credentials as the stores' own programs do, in the
environment or by the machine's role: nobody sends any. What is not in the store is left out. What cannot be read is said in one line.
"""

from __future__ import annotations

import fcntl
import json
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zlib import crc32

from pyarrow import fs

from rollout_lab_job.__main__ import MARK

if TYPE_CHECKING:
    from collections.abc import Iterator

# Objects that are fetched at once, and how much of one is asked for at once, in bytes.
AT_ONCE = 16
CHUNK = 8 * 2**20
# Files of a folder that are locked, each for the objects whose names fall to it.
LOCKS = 64
# Most characters of what a store says.
SAID = 400
# Seconds between two words on how far it is.
TOLD_SECONDS = 10
# By default Google's client asks again for fifteen minutes.
OPTIONS = {"s3": "", "gs": "?retry_limit_seconds=30"}
CURES = {
    "s3": "a role of the machine, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; AWS_ENDPOINT_URL names another store than Amazon’s",
    "gs": "a service account of the machine, or GOOGLE_APPLICATION_CREDENTIALS",
}


class Refused(Exception):
    """An object that cannot be read; its text is a line with the cure."""


class Objects:
    """A folder of this node that holds objects of stores: s3://BUCKET/NAME lies in it as s3:/BUCKET/NAME."""

    def __init__(self, folder: Path) -> None:
        """Take the folder, which may not be there yet."""
        self._folder = folder
        self._stores: dict[str, Any] = {}
        self._looked: set[Path] = set()

    def look(self, path: Path) -> None:
        """Have the object there whose place a path is, if it is one; the first time alone. Throws as `bring` does."""
        if path in self._looked or not path.is_relative_to(self._folder):
            return
        scheme, *name = path.relative_to(self._folder).parts
        self.bring(f"{scheme}//{'/'.join(name)}")
        self._looked.add(path)

    def bring(self, uri: str) -> int | None:
        """Have an object in the folder as it is in its store now.

        Give the bytes that were fetched for that, or None where the store has no such object. Throws Refused.
        """
        scheme, name = _parts(uri)
        place = self._folder / f"{scheme}:" / name
        with _reading(uri):
            store = self._store(scheme, name)
            there = store.get_file_info(name)
        if there.type != fs.FileType.File:
            return None
        place.parent.mkdir(parents=True, exist_ok=True)
        with self._alone(uri):
            if place.exists() and _stamp(place) == (there.size, there.mtime_ns):
                return 0
            part = place.with_name(f"{place.name}.part")
            with part.open("wb") as into:
                for chunk in _chunks(store, name, uri):
                    into.write(chunk)
                if into.tell() != there.size:
                    raise Refused(f"{uri} is of {there.size} bytes, and {into.tell()} came: it was replaced meanwhile. Resume.")
            os.utime(part, ns=(there.mtime_ns, there.mtime_ns))
            part.replace(place)
        return int(there.size)

    def _store(self, scheme: str, name: str) -> Any:
        bucket = f"{scheme}://{name.split('/', 1)[0]}"
        if bucket not in self._stores:
            # It asks in which region the bucket is.
            self._stores[bucket], _ = fs.FileSystem.from_uri(bucket + OPTIONS[scheme])
        return self._stores[bucket]

    @contextmanager
    def _alone(self, uri: str) -> Iterator[None]:
        """Let no other process of this node fetch the same object."""
        with (self._folder / f".lock-{crc32(uri.encode()) % LOCKS}").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _parts(uri: str) -> tuple[str, str]:
    scheme, name = uri.split("://", maxsplit=1)
    return scheme, name


def _stamp(place: Path) -> tuple[int, int]:
    stat = place.stat()
    return stat.st_size, stat.st_mtime_ns


def _chunks(store: Any, name: str, uri: str) -> Iterator[bytes]:
    with _reading(uri):
        # By default it would unpack what is called .gz.
        source = store.open_input_stream(name, compression=None)
    with source:
        while True:
            with _reading(uri):
                chunk = source.read(CHUNK)
            if not chunk:
                return
            yield chunk


@contextmanager
def _reading(uri: str) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError) as error:
        said = str(error).strip().splitlines()[0][:SAID].rstrip(".")
        cure = f"Every node reads it by what it has where Ray is started: {CURES[_parts(uri)[0]]}"
        raise Refused(f"{uri} cannot be read: {said}. {cure}") from error


def main() -> None:
    """Bring what the list names."""
    folder, names = Path(sys.argv[1]), Path(sys.argv[2])
    objects, uris = Objects(folder), json.loads(names.read_text("utf-8"))
    fetched = size = absent = 0
    told = time.monotonic()
    try:
        for done, brought in enumerate(ThreadPoolExecutor(AT_ONCE).map(objects.bring, uris), 1):
            absent += brought is None
            fetched += bool(brought)
            size += brought or 0
            if time.monotonic() - told >= TOLD_SECONDS:
                told = time.monotonic()
                say(f"{done} of {len(uris)} media are here; {size / 1e6:.1f} MB fetched.")
    except Refused as refused:
        end(str(refused))
    except OSError as error:
        end(f"the node cannot keep the media: {error}. They lie in the folder of Ray’s session, which ray start --temp-dir puts elsewhere")
    say(f"{len(uris) - absent} of {len(uris)} media are here; {fetched} were fetched ({size / 1e6:.1f} MB).")


def say(text: str) -> None:
    """Say how far it is. Where nobody hears it any more, that ends this process."""
    print(text, flush=True)  # noqa: T201


def end(why: str) -> None:
    """Say why, and end without waiting for what is still being fetched."""
    try:
        say(MARK + why)
    finally:
        os._exit(1)


if __name__ == "__main__":
    main()
