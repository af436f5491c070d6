"""`generate`, `attach` and `download`: how a signature travels by hand."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.cli.desk import Desk, push, push_index
from tests.support.registry import Registry

URI = "https://example.com/x"
SBOM = b"SPDXVersion: SPDX-2.3\nDocumentName: attached\n"


def _ran(desk: Desk, *words: str, stdin: bytes = b"") -> bytes:
    ran = desk.run(*words, stdin=stdin)
    assert ran.code == 0, ran.err
    return ran.out


def _verify(desk: Desk, image: str, *more: str, key: str = "release.pub") -> int:
    return desk.run("verify", "--key", desk.path(key), *more, image).code


def _sign(desk: Desk, image: str, *more: str) -> None:
    _ran(desk, "sign", "--key", desk.path("release.key"), *more, image)


def _attest(desk: Desk, image: str, *more: str) -> None:
    predicate = desk.write("predicate.json", b'{"hello":"world"}')
    line = ("attest", "--key", desk.path("release.key"), "--predicate", predicate, "--type", URI)
    _ran(desk, *line, *more, image)


def _attested(desk: Desk, image: str) -> int:
    return desk.run(
        "verify-attestation", "--key", desk.path("release.pub"), "--type", URI, image
    ).code


def _openssl(folder: Path, *args: str) -> None:
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("openssl is not here")
    subprocess.run([program, *args], cwd=folder, check=True, capture_output=True)


@pytest.mark.parametrize("encoded", [True, False])
def test_a_key_that_never_meets_the_registry_signs(
    desk: Desk, registry: Registry, encoded: bool
) -> None:
    """generate, then openssl alone, then attach: the signature verifies with its annotations."""
    image = push(registry, "team/app")
    payload = desk.write("payload.json", _ran(desk, "generate", "-a", "commit=c0ffee", image))
    _openssl(desk.folder, "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "k.pem")
    _openssl(desk.folder, "ec", "-in", "k.pem", "-pubout", "-out", "k.pub")
    _openssl(
        desk.folder, "dgst", "-sha256", "-sign", "k.pem", "-out", "payload.sig", "payload.json"
    )
    raw = (desk.folder / "payload.sig").read_bytes()
    signature = desk.write("attached.sig", base64.encodebytes(raw) if encoded else raw)
    line = ("attach", "signature", "--payload", payload, "--signature", signature, image)
    assert _ran(desk, *line) == b""
    assert _verify(desk, image, "-a", "commit=c0ffee", key="k.pub") == 0
    assert _verify(desk, image) == 12
    blobs = registry.count(method="PUT", path="/blobs/")
    _ran(desk, *line)
    assert registry.count(method="PUT", path="/blobs/") == blobs


def test_what_generate_prints_is_what_sign_signs(desk: Desk, registry: Registry) -> None:
    """Byte for byte the payload, with cosign's escapes and no line break at its end."""
    image = push(registry, "team/app")
    payload = _ran(desk, "generate", "-a", "a=<b>", image)
    assert payload.endswith(rb'"optional":{"a":"\u003cb\u003e"}}')
    _sign(desk, image, "-a", "a=<b>", "--format", "classic")
    line = json.loads(_ran(desk, "download", "signature", image))
    assert base64.b64decode(line["Payload"]) == payload


def test_a_signature_is_read_from_standard_input(desk: Desk, registry: Registry) -> None:
    """Without --payload the plain payload is meant, without --signature standard input."""
    image = push(registry, "team/app")
    _sign(desk, image, "--format", "classic")
    line = json.loads(_ran(desk, "download", "signature", image))
    registry.delete_tag("team/app", f"sha256-{image.rpartition(':')[2]}.sig")
    assert _verify(desk, image) == 10
    _ran(desk, "attach", "signature", image, stdin=line["Base64Signature"].encode())
    assert _verify(desk, image) == 0


def test_signatures_and_attestations_move_by_hand(desk: Desk, registry: Registry) -> None:
    """What is downloaded in either form is attached to the same image elsewhere."""
    image = push(registry, "team/app")
    _sign(desk, image)
    _attest(desk, image)
    classic, bundle = _ran(desk, "download", "signature", image).splitlines()
    parts = json.loads(classic)
    assert list(parts) == [
        "Base64Signature",
        "Payload",
        "Cert",
        "Chain",
        "Bundle",
        "RFC3161Timestamp",
    ]
    payload = desk.write("payload", base64.b64decode(parts["Payload"]))
    signature = desk.write("signature", parts["Base64Signature"].encode())
    bundled = desk.write("bundle.json", bundle)
    attestations = desk.write("all.jsonl", _ran(desk, "download", "attestation", image))
    for number, line in enumerate(
        (("--payload", payload, "--signature", signature), ("--bundle", bundled))
    ):
        with Registry() as other:
            there = push(other, "mirror/app")
            _ran(desk, "attach", "signature", *line, there)
            assert _verify(desk, there, "--format", ("classic", "bundle")[number]) == 0
            assert _attested(desk, there) == 10
            _ran(desk, "attach", "attestation", "--attestation", attestations, there)
            assert _attested(desk, there) == 0
            assert _ran(desk, "download", "attestation", there).count(b"\n") == 2


def test_attestations_are_chosen_by_type(desk: Desk, registry: Registry) -> None:
    """--predicate-type takes a URI or cosign's name; none of it is no success."""
    image = push(registry, "team/app")
    assert desk.run("download", "attestation", image).code == 10
    assert desk.run("download", "signature", image).code == 10
    _attest(desk, image)
    line = ("download", "attestation", "--predicate-type")
    assert _ran(desk, *line, URI, image).count(b"\n") == 2
    ran = desk.run(*line, "spdxjson", image)
    assert (ran.code, ran.out) == (10, b"")
    assert desk.run(*line, "no such type", image).code == 2


def test_one_platform_is_looked_at(desk: Desk, registry: Registry) -> None:
    """--platform finds what stands beside the one image of an index."""
    image = push_index(registry, "team/app", "amd64", "arm64")
    assert desk.run("download", "attestation", "--platform", "linux/arm64", image).code == 10
    ran = desk.run("download", "attestation", "--platform", "linux/mips", image)
    assert ran.code == 2
    assert "linux/amd64, linux/arm64" in ran.err


@pytest.mark.parametrize("what", ["payload", "attestation", "bundle"])
def test_what_is_about_another_image_is_refused(desk: Desk, registry: Registry, what: str) -> None:
    """A signature over another digest is not stored, where it could never count."""
    image, other = push(registry, "team/app"), push(registry, "team/other", "other")
    _sign(desk, other)
    _attest(desk, other)
    classic, bundle = _ran(desk, "download", "signature", other).splitlines()
    signature = desk.write("signature", json.loads(classic)["Base64Signature"].encode())
    lines = {
        "payload": ("signature", "--payload", desk.write("p", _ran(desk, "generate", other))),
        "bundle": ("signature", "--bundle", desk.write("b", bundle)),
        "attestation": (
            "attestation",
            "--attestation",
            desk.write("a", _ran(desk, "download", "attestation", other)),
        ),
    }
    more = ("--signature", signature) if what == "payload" else ()
    ran = desk.run("attach", *lines[what], *more, image)
    assert ran.code == 2
    assert "about another image" in ran.err
    assert desk.run("tree", image).out.count(b"sha256-") == 0


@pytest.mark.parametrize("content", [b"", b"{}", b"not JSON", b'{"payloadType":"x"}', b"[1"])
def test_what_is_no_attestation_is_malformed(
    desk: Desk, registry: Registry, content: bytes
) -> None:
    """Nothing is stored of a file that holds no envelope and no bundle."""
    image = push(registry, "team/app")
    path = desk.write("file", content)
    assert desk.run("attach", "attestation", "--attestation", path, image).code == 15
    assert desk.run("attach", "signature", "--bundle", path, image).code == 15
    assert registry.count(method="PUT") == 0


@pytest.mark.parametrize(
    ("flags", "media_type"),
    [
        ((), "text/spdx"),
        (("--input-format", "json"), "text/spdx+json"),
        (("--type", "cyclonedx"), "application/vnd.cyclonedx+xml"),
        (("--type", "cyclonedx", "--input-format=json"), "application/vnd.cyclonedx+json"),
        (("--type", "syft"), "application/vnd.syft+json"),
    ],
)
def test_an_sbom_is_attached_and_downloaded(
    desk: Desk, registry: Registry, flags: tuple[str, ...], media_type: str
) -> None:
    """The bytes come back as they were given, and a second SBOM takes the place of the first."""
    image = push(registry, "team/app")
    _ran(desk, "attach", "sbom", "--sbom", desk.write("old", b"old"), image)
    _ran(desk, "attach", "sbom", "--sbom", "-", *flags, image, stdin=SBOM)
    ran = desk.run("download", "sbom", image)
    assert (ran.code, ran.out) == (0, SBOM)
    assert f"Found SBOM of media type: {media_type}\n" in ran.err


def test_an_sbom_that_is_not_there_is_told(desk: Desk, registry: Registry) -> None:
    """No SBOM, no file and a format that does not fit are errors of their own."""
    image = push(registry, "team/app")
    assert desk.run("download", "sbom", image).code == 11
    assert desk.run("attach", "sbom", image).code == 2
    path = desk.write("s", SBOM)
    line = ("attach", "sbom", "--type", "syft", "--input-format", "xml", "--sbom", path)
    assert desk.run(*line, image).code == 2
    assert desk.run("attach", "attestation", image).code == 2
    assert desk.run("attach", "signature", image).code == 2


def test_notes_stand_beside_the_signature(desk: Desk, registry: Registry) -> None:
    """Certificate, log entry and timestamp come back as they were given."""
    image = push(registry, "team/app")
    pem = b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
    log = {"SignedEntryTimestamp": "AAAA", "Payload": {"body": "x", "logIndex": 1}}
    _ran(
        desk,
        *("attach", "signature", "--certificate", desk.write("c.pem", pem)),
        *("--rekor-response", desk.write("log.json", json.dumps(log).encode())),
        *("--tsr", desk.write("tsr", b"DER"), image),
        stdin=b"AAAA",
    )
    line = json.loads(_ran(desk, "download", "signature", image))
    assert line["Cert"] == {"Raw": "MIIB"}
    assert line["Bundle"] == log
    assert line["RFC3161Timestamp"] == {"SignedRFC3161Timestamp": "REVS"}
    wrong = desk.write("wrong.json", b'{"uuid":{}}')
    assert (
        desk.run("attach", "signature", "--rekor-response", wrong, image, stdin=b"AA==").code == 15
    )
