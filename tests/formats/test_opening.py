"""Whatever bytes stand on a shelf, opening them gives signatures or says Malformed."""

from __future__ import annotations

import base64
import json
from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from boltseal.core.signature import Artifact, Form, Kind
from boltseal.errors import Malformed
from boltseal.formats import bundle, simplesigning
from boltseal.formats.open import open_artifact
from tests.formats.shapes import BUNDLE, ENCODED, PAYLOAD, STATEMENT
from tests.golden.cases import cases, content

KINDS = st.sampled_from(list(Kind))
SOUND = [json.dumps(document).encode() for document in (PAYLOAD, BUNDLE, STATEMENT)]
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6)
OUTER = [*PAYLOAD, *PAYLOAD["critical"], *BUNDLE, *BUNDLE["dsseEnvelope"], *STATEMENT]
INNER = ["sig", "keyid", "digest", "sha256", "annotations", "name", "publicKey", "hint"]
PROOF = ["certificate", "rawBytes", "tlogEntries", "x509CertificateChain", "certificates"]
KNOWN = st.sampled_from([*OUTER, *INNER, *PROOF, "timestampVerificationData"])
VALUES = st.recursive(
    SCALARS
    | st.sampled_from([bundle.MEDIA_TYPE, ENCODED, simplesigning.TYPE, *STATEMENT.values()]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KNOWN, inner, max_size=5),
    max_leaves=15,
)


def opened(raw: bytes, kind: Kind, *, note: str = ENCODED) -> None:
    """Open bytes in both forms; only Malformed may be raised."""
    for form in Form:
        artifact = Artifact(form, "x", raw, {simplesigning.SIGNATURE: note}, origin="x")
        with suppress(Malformed):
            signatures = open_artifact(artifact, kind=kind)
            assert signatures
            assert all(s.proof.signature and s.subjects for s in signatures)


@given(st.binary(max_size=200), KINDS, st.text(max_size=20))
def test_any_bytes_open_or_are_malformed(raw: bytes, kind: Kind, note: str) -> None:
    """Bytes of no shape at all, beside any annotation."""
    opened(raw, kind, note=note)


@given(VALUES, KINDS)
def test_any_json_opens_or_is_malformed(value: object, kind: Kind) -> None:
    """JSON with the right names in the wrong places."""
    opened(json.dumps(value).encode(), kind)


@given(st.sampled_from(SOUND), st.integers(0, 900), st.binary(max_size=3), st.integers(0, 3), KINDS)
def test_any_damage_opens_or_is_malformed(
    raw: bytes, place: int, put: bytes, taken: int, kind: Kind
) -> None:
    """Sound documents with a few bytes changed, put in or taken out."""
    opened(raw[:place] + put + raw[place + taken :], kind)
    opened(raw[:place], kind)


@given(st.dictionaries(KNOWN, VALUES, max_size=4), KINDS)
def test_any_statement_opens_or_is_malformed(changes: dict[str, object], kind: Kind) -> None:
    """Sound envelopes and bundles around statements that are anything."""
    statement = base64.b64encode(json.dumps({**STATEMENT, **changes}).encode()).decode()
    envelope = {**BUNDLE["dsseEnvelope"], "payload": statement}
    opened(json.dumps({**BUNDLE, "dsseEnvelope": envelope}).encode(), kind)
    opened(json.dumps(envelope).encode(), kind, note="")


def test_every_golden_object_opens_or_is_malformed() -> None:
    """All that cosign ever stored, opened as what it is and as what it is not."""
    for one in cases():
        for held in one.registry:
            for digest in (*held["manifests"], *held["blobs"]):
                for kind in Kind:
                    opened(content(digest), kind)
