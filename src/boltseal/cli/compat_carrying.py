"""Every flag of cosign's verbs that carry images and what stands beside them; see `compat`."""

from __future__ import annotations

from boltseal.cli.compat import TRIANGULATE, VERIFY
from boltseal.cli.flags import Kind, Row, Stance


def implemented(*names: str) -> tuple[Row, ...]:
    """Return rows for flags that are there."""
    return tuple(Row(name, Stance.IMPLEMENTED) for name in names)


# What every verb has that asks a registry.
BASE = tuple(row for row in TRIANGULATE if row.flag != "type")

COPY: tuple[Row, ...] = (
    *BASE,
    *implemented("only", "force", "platform"),
    Row("sig-only", Stance.MAPPED, "--only sig, as in cosign, which deprecates it", Kind.BOOL),
)

SAVE: tuple[Row, ...] = (*BASE, *implemented("dir"))

DOWNLOAD_SIGNATURE: tuple[Row, ...] = BASE
DOWNLOAD_ATTESTATION: tuple[Row, ...] = (*BASE, *implemented("platform", "predicate-type"))
DOWNLOAD_SBOM: tuple[Row, ...] = (*BASE, *implemented("platform"))

ATTACH_SIGNATURE: tuple[Row, ...] = (
    *BASE,
    *implemented(
        "payload",
        "signature",
        "certificate",
        "certificate-chain",
        "rekor-response",
        "tsr",
        "bundle",
    ),
)
ATTACH_ATTESTATION: tuple[Row, ...] = (*BASE, *implemented("attestation"))
ATTACH_SBOM: tuple[Row, ...] = (
    *BASE,
    *implemented("sbom", "type", "input-format"),
    Row(
        "registry-referrers-mode",
        Stance.MAPPED,
        "legacy, a tag, is where an SBOM is attached",
        fine=("", "legacy"),
        refusal="SBOMs are attached under a tag; to have one as a referrer, attest it with "
        "--format bundle",
    ),
)
GENERATE: tuple[Row, ...] = (*BASE, *implemented("annotations"))
CLEAN: tuple[Row, ...] = (*BASE, *implemented("type", "force"))
UPLOAD_BLOB: tuple[Row, ...] = (*BASE, *implemented("files", "ct", "annotation"))

_NO_FOLDER = "images that a file names are in registries; verify folders with boltseal verify"
MANIFEST_VERIFY: tuple[Row, ...] = (
    *(row for row in VERIFY if row.flag != "local-image"),
    Row(
        "local-image",
        Stance.REFUSED,
        _NO_FOLDER,
        kind=Kind.BOOL,
        fine=("false",),
        refusal=_NO_FOLDER,
    ),
)
DOCKERFILE_VERIFY: tuple[Row, ...] = (*MANIFEST_VERIFY, *implemented("base-image-only"))
