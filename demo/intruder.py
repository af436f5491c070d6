"""Somebody with push rights, and without the key, changes what is stored in a registry."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

import requests

_MANIFEST = "application/vnd.oci.image.manifest.v1+json"


@dataclass(frozen=True, slots=True)
class Intruder:
    """One repository, `address` being `http://host/v2/name`, and nothing but its public API."""

    address: str

    def forge_classic(self, digest: str, *, old: str, new: str) -> None:
        """Change a text inside the payload of the stored classic signature."""
        tag = digest.replace(":", "-") + ".sig"
        manifest = self._get(f"manifests/{tag}").json()
        self._replace_layer(manifest, lambda payload: payload.replace(old.encode(), new.encode()))
        self._put_manifest(tag, manifest)

    def forge_bundle(self, digest: str, *, old: str, new: str) -> None:
        """Change a text inside the statement of the stored bundle."""

        def forged(bundle: bytes) -> bytes:
            document = json.loads(bundle)
            envelope = document["dsseEnvelope"]
            statement = base64.b64decode(envelope["payload"])
            changed = statement.replace(old.encode(), new.encode())
            envelope["payload"] = base64.b64encode(changed).decode()
            return json.dumps(document).encode()

        for found in self._get(f"referrers/{digest}").json()["manifests"]:
            manifest = self._get(f"manifests/{found['digest']}").json()
            self._replace_layer(manifest, forged)
            self._put_manifest(None, manifest)
            requests.delete(f"{self.address}/manifests/{found['digest']}", timeout=10)

    def _replace_layer(self, manifest: dict[str, Any], change: Callable[[bytes], bytes]) -> None:
        layer = manifest["layers"][0]
        content = change(self._get(f"blobs/{layer['digest']}").content)
        layer.update(digest=_digest(content), size=len(content))
        self._put_blob(content)

    def _get(self, path: str) -> requests.Response:
        answer = requests.get(f"{self.address}/{path}", headers={"Accept": _MANIFEST}, timeout=10)
        answer.raise_for_status()
        return answer

    def _put_blob(self, content: bytes) -> None:
        begun = requests.post(f"{self.address}/blobs/uploads/", timeout=10)
        place = urljoin(self.address, begun.headers["Location"])
        params = {"digest": _digest(content)}
        requests.put(place, data=content, params=params, timeout=10).raise_for_status()

    def _put_manifest(self, tag: str | None, manifest: dict[str, Any]) -> None:
        content = json.dumps(manifest).encode()
        requests.put(
            f"{self.address}/manifests/{tag or _digest(content)}",
            data=content,
            headers={"Content-Type": _MANIFEST},
            timeout=10,
        ).raise_for_status()


def _digest(content: bytes) -> str:
    return "sha256:" + hashlib.sha256(content).hexdigest()
