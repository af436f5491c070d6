"""Choose the store and its shelves, and read what a key reference names."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from boltseal.core.names import Repository
from boltseal.core.oci import DOCKER_CONFIG, DOCKER_MANIFEST, OCI_CONFIG, OCI_MANIFEST, ZERO_TIME
from boltseal.core.signature import Form, Kind
from boltseal.errors import UsageError
from boltseal.stores import Shelf, Store
from boltseal.stores.keyfiles import read as read_file
from boltseal.stores.referrers import LARGEST_ARTIFACT, ReferrerShelf
from boltseal.stores.tags import ATTESTATIONS, LARGEST_PAYLOAD, SIGNATURES, TagShelf

BOTH = (Form.CLASSIC, Form.BUNDLE)
# What cosign takes as its largest attachment by default: an SBOM may be long.
LARGEST_ATTESTATION = 128 * 1024 * 1024


def parse_forms(text: str) -> tuple[Form, ...]:
    """Read `classic`, `bundle` or `both`."""
    if text == "both":
        return BOTH
    try:
        return (Form(text),)
    except ValueError as error:
        raise UsageError(f"format {text!r} is none of classic, bundle and both") from error


def open_shelves(
    store: Store,
    forms: Sequence[Form],
    *,
    attachments: Repository | None = None,
    prefix: str = "",
    created: str = ZERO_TIME,
    docker_types: bool = False,
    kind: Kind = Kind.SIGNATURE,
) -> tuple[Shelf, ...]:
    """Return a shelf for each form, in `attachments` where signatures do not stand by the image.

    Attestations stand under a tag of their own; bundles of both kinds are referrers alike.
    """
    attested = kind is Kind.ATTESTATION
    shelves: dict[Form, Shelf] = {
        Form.CLASSIC: TagShelf(
            store,
            attachments,
            prefix=prefix,
            suffix=ATTESTATIONS if attested else SIGNATURES,
            created=created,
            image_type=DOCKER_MANIFEST if docker_types else OCI_MANIFEST,
            config_type=DOCKER_CONFIG if docker_types else OCI_CONFIG,
            largest=LARGEST_ATTESTATION if attested else LARGEST_PAYLOAD,
        ),
        Form.BUNDLE: ReferrerShelf(
            store, attachments, largest=LARGEST_ATTESTATION if attested else LARGEST_ARTIFACT
        ),
    }
    return tuple(shelves[form] for form in dict.fromkeys(forms))


def read_key(
    reference: str, *, environment: Mapping[str, str], fetch: Callable[[str], bytes]
) -> bytes:
    """Return the bytes that a key reference names: PEM text, `env://NAME`, a URL or a file.

    `fetch` reads a URL. Raise UsageError for an unset variable, FileUnusable for a file.
    """
    if "-----BEGIN" in reference:
        return reference.encode("utf-8")
    scheme, separator, rest = reference.partition("://")
    if not separator:
        return read_file(Path(reference))
    if scheme == "env":
        if rest not in environment:
            raise UsageError(
                f"--key env://{rest}: the environment variable {rest} is not set; in a workflow, "
                f"hand it over under env: {rest}: ${{{{ secrets.{rest} }}}}"
            )
        return os.fsencode(environment[rest])
    if scheme in ("http", "https"):
        return fetch(reference)
    raise UsageError(f"--key {scheme}://… is of no kind that can be read here: file, env:// or URL")
