"""An object store on loopback that speaks enough of S3's protocol to be read: `python object_store.py FOLDER` serves its folders.

They are buckets. It prints its port, and serves until stdin ends. Whoever asks with the access key KEY may read all but what lies in a
bucket `private`. A bucket `slow` begins to answer and comes to no end. What was asked is in FOLDER/asked, a line a request.
"""

import sys
import threading
from email.utils import formatdate
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

KEY = "an-access-key-of-the-tests"


class Handler(BaseHTTPRequestHandler):
    """Answers one request: of an object, its head or a range of it; of a bucket, that nothing is listed."""

    protocol_version = "HTTP/1.1"
    root: Path
    over = threading.Event()

    def do_HEAD(self) -> None:
        """Tell of an object."""
        self.do_GET()

    def do_GET(self) -> None:
        """Give an object."""
        asked = urlsplit(self.path)
        bucket, _, name = unquote(asked.path).lstrip("/").partition("/")
        with (self.root / "asked").open("a") as lines:
            lines.write(f"{self.command} {bucket}/{name} {self.headers.get('Range', '')}".rstrip() + "\n")
        file = self.root / bucket / name
        if f"Credential={KEY}/" not in self.headers.get("Authorization", "") or bucket == "private":
            self._fault(HTTPStatus.FORBIDDEN, "AccessDenied")
        elif name == "" and "list-type" in parse_qs(asked.query):
            self._answer(HTTPStatus.OK, b"<ListBucketResult><KeyCount>0</KeyCount></ListBucketResult>")
        elif not file.is_file():
            self._fault(HTTPStatus.NOT_FOUND, "NoSuchKey")
        else:
            self._object(file, slow=bucket == "slow")

    def _object(self, file: Path, *, slow: bool) -> None:
        data = file.read_bytes()
        stamp = {"ETag": f'"{file.stat().st_mtime_ns}"', "Last-Modified": formatdate(file.stat().st_mtime, usegmt=True)}
        span = self.headers.get("Range")
        if span is None:
            self._answer(HTTPStatus.OK, data, stamp)
            return
        first, last = span.removeprefix("bytes=").split("-")
        begin, end = int(first), min(int(last or len(data)), len(data) - 1) + 1
        stamp["Content-Range"] = f"bytes {begin}-{end - 1}/{len(data)}"
        self._answer(HTTPStatus.PARTIAL_CONTENT, data[begin:end], stamp, piece=1 if slow else 2**20)

    def _fault(self, status: HTTPStatus, code: str) -> None:
        self._answer(status, f"<Error><Code>{code}</Code><Message>{code}</Message></Error>".encode())

    def _answer(self, status: HTTPStatus, body: bytes, headers: dict[str, str] | None = None, piece: int = 2**20) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), "Content-Type": "application/xml", **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        for place in range(0, len(body) if self.command != "HEAD" else 0, piece):
            self.wfile.write(body[place : place + piece])
            # A byte now and then keeps whoever reads it from asking again.
            self.over.wait(0.2 if piece == 1 else 0)

    def log_message(self, *_: object) -> None:
        """Say nothing: what was asked is in its file."""


def serve(root: Path) -> ThreadingHTTPServer:
    """Serve a folder until `shutdown`, and give the server."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("OfFolder", (Handler,), {"root": root}))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def main() -> None:
    """Serve until stdin ends."""
    print(serve(Path(sys.argv[1])).server_port, flush=True)  # noqa: T201
    sys.stdin.read()


if __name__ == "__main__":
    main()
