"""Valid documents of every shape, and the same with one thing changed."""

from __future__ import annotations

import base64
import copy
import json
from collections.abc import Mapping
from typing import Any

from boltseal.core.annotations import Annotations
from boltseal.core.names import Digest
from boltseal.core.signature import Artifact, Form
from boltseal.formats import bundle, simplesigning
from boltseal.formats.statement import sign_statement

DIGEST = Digest.of(b"an image")
IDENTITY = "reg.example.com/team/app"
NOTES = Annotations.of({"commit": "abc", "hard": "<\n>&\u2028ä"})
SIGNATURE = b"0signature"
ENCODED = base64.b64encode(SIGNATURE).decode()
LEAVE_OUT = ...

PAYLOAD: dict[str, Any] = json.loads(simplesigning.payload(IDENTITY, DIGEST, NOTES))
STATEMENT: dict[str, Any] = json.loads(sign_statement(DIGEST, NOTES))
BUNDLE: dict[str, Any] = {
    "mediaType": bundle.MEDIA_TYPE,
    "verificationMaterial": {"publicKey": {"hint": "aGludA=="}},
    "dsseEnvelope": {
        "payload": base64.b64encode(json.dumps(STATEMENT).encode()).decode(),
        "payloadType": "application/vnd.in-toto+json",
        "signatures": [{"sig": ENCODED}],
    },
}


def changed(document: Mapping[str, Any], changes: Mapping[str, Any]) -> bytes:
    """Write a document with members changed: `outer.inner` or `list.0` to a value or LEAVE_OUT."""
    value = copy.deepcopy(dict(document))
    for path, new in changes.items():
        *way, last = path.split(".")
        place: Any = value
        for step in way:
            place = place[int(step) if isinstance(place, list) else step]
        if new is LEAVE_OUT:
            del place[last]
        else:
            place[int(last) if isinstance(place, list) else last] = new
    return json.dumps(value).encode()


def classic(
    content: bytes | None = None, *, annotations: Mapping[str, str] | None = None, **changes: Any
) -> Artifact:
    """Return a layer of the classic form; a change `critical__type` is one of `critical.type`."""
    if content is None:
        content = changed(PAYLOAD, _paths(changes))
    notes = {simplesigning.SIGNATURE: ENCODED} if annotations is None else annotations
    return Artifact(Form.CLASSIC, simplesigning.MEDIA_TYPE, content, notes, origin="the layer")


def bundled(content: bytes | None = None, **changes: Any) -> Artifact:
    """Return a bundle with members changed, as `classic` does."""
    if content is None:
        content = changed(BUNDLE, _paths(changes))
    return Artifact(Form.BUNDLE, bundle.MEDIA_TYPE, content, origin="the bundle")


def stating(content: bytes | None = None, **changes: Any) -> Artifact:
    """Return a sound bundle around a statement with members changed."""
    if content is None:
        content = changed(STATEMENT, _paths(changes))
    return bundled(dsseEnvelope__payload=base64.b64encode(content).decode())


def _paths(changes: Mapping[str, Any]) -> dict[str, Any]:
    return {name.replace("__", "."): value for name, value in changes.items()}
