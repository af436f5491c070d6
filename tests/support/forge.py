"""A forge in one process: the secrets of GitHub's API and of Gitea's, over real HTTP on loopback.

It opens what was sealed for it, so that a test compares what a workflow would be given.
"""

from __future__ import annotations

import base64
import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from nacl.public import PrivateKey, SealedBox

TOKEN = "ghp_a-token-that-must-not-be-shown"


@dataclass
class Forge:
    """What the forge holds: secrets by path, the token it knows, what it answers instead.

    `refuse` maps the start of `METHOD path` to a status; `asked` lists every request.
    """

    gitea: bool = False
    secrets: dict[str, str] = field(default_factory=dict)
    bodies: dict[str, Any] = field(default_factory=dict)
    refuse: dict[str, int] = field(default_factory=dict)
    location: str = ""
    asked: list[str] = field(default_factory=list)
    key: PrivateKey = field(default_factory=PrivateKey.generate)
    port: int = 0

    @property
    def url(self) -> str:
        """The base URL of the API."""
        return f"http://127.0.0.1:{self.port}" + ("/api/v1" if self.gitea else "")

    def __enter__(self) -> Forge:
        """Serve until the end of the block."""
        forge = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                forge._answer(self, "GET")

            def do_PUT(self) -> None:
                forge._answer(self, "PUT")

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _answer(self, handler: BaseHTTPRequestHandler, method: str) -> None:
        length = int(handler.headers.get("Content-Length") or 0)
        body = handler.rfile.read(length)
        path = handler.path.removeprefix("/api/v1")
        self.asked.append(f"{method} {path}")
        scheme = "token" if self.gitea else "Bearer"
        if handler.headers.get("Authorization") != f"{scheme} {TOKEN}":
            status, answer = 401, {"message": "Bad credentials"}
        else:
            status, answer = self._done(method, path, body)
        content = json.dumps(answer).encode()
        handler.send_response(status)
        if self.location:
            handler.send_header("Location", self.location)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    def _done(self, method: str, path: str, body: bytes) -> tuple[int, Any]:
        for start, status in self.refuse.items():
            if f"{method} {path}".startswith(start):
                return status, {"message": "Resource not accessible by personal access token"}
        if method == "PUT":
            return self._put(path, json.loads(body))
        if path.endswith("/public-key") and not self.gitea:
            key = base64.b64encode(bytes(self.key.public_key)).decode()
            return 200, {"key_id": "k-17", "key": key}
        if path.startswith("/repos/") and path.count("/") == 3:
            return 200, {"id": 4711}
        if path.endswith("/secrets"):
            names = [known.rsplit("/", 1)[1] for known in self.secrets if known.startswith(path)]
            return 200, [{"name": name} for name in names]
        return (200, {"name": "x"}) if path in self.secrets else (404, {"message": "Not Found"})

    def _put(self, path: str, document: Any) -> tuple[int, Any]:
        self.bodies[path] = document
        if self.gitea:
            self.secrets[path] = document["data"]
            return 201, {}
        if document["key_id"] != "k-17":
            return 422, {"message": "Bad request - key id is not known"}
        box = SealedBox(self.key)
        self.secrets[path] = box.decrypt(base64.b64decode(document["encrypted_value"])).decode()
        return 201, {}
