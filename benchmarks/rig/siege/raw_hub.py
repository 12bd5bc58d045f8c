"""A Hub of one listing whose pages are bytes, served unchanged, as no server that parses its records could."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


@contextmanager
def serve_pages(pages: Sequence[bytes], records: int) -> Iterator[str]:
    """Serve pages of `/api/models`, each with the way to the next, while the block runs; yields the address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            """Answer with a page, the count of the website's search page, or 404."""
            asked = urlsplit(self.path)
            if asked.path == "/models-json":
                self._answer(json.dumps({"models": [], "numTotalItems": records, "pageIndex": 0}).encode())
            elif asked.path == "/api/models":
                page = int(parse_qs(asked.query).get("cursor", ["0"])[0])
                self._answer(pages[page], page + 1 if page + 1 < len(pages) else None)
            else:
                self.send_error(404)

        def _answer(self, body: bytes, following: int | None = None) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            if following is not None:
                self.send_header("Link", f'<{url}/api/models?cursor={following}>; rel="next"')
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield url
        finally:
            server.shutdown()
            thread.join()
