"""Flags that several verbs have, written once."""

from __future__ import annotations

from boltseal.cli.flags import Flag, Kind

REGISTRY = (
    Flag("registry-username", "user name at the registry; else the login files are read"),
    Flag("registry-password", "its password; better in BOLTSEAL_REGISTRY_PASSWORD"),
    Flag("registry-token", "bearer token for the registry, instead of both"),
    Flag("registry-cacert", "CA certificates (PEM) to trust the registry by", Kind.FILE),
    Flag("registry-client-cert", "client certificate (PEM) to show the registry", Kind.FILE),
    Flag("registry-client-key", "private key (PEM) of that certificate", Kind.FILE),
    Flag("registry-server-name", "name to ask for and to find in the registry's certificate"),
    Flag("allow-http-registry", "speak plain HTTP where TLS fails; for testing", Kind.BOOL),
    Flag("allow-insecure-registry", "take any certificate, and HTTP; for testing", Kind.BOOL),
    Flag(
        "retries",
        "how often a request is repeated that the registry could not answer",
        Kind.NUMBER,
        default="3",
        own=True,
    ),
)
PLACES = (
    Flag(
        "attachments-repository",
        "where signatures stand, if not beside the image; else COSIGN_REPOSITORY",
        metavar="REPOSITORY",
        own=True,
    ),
    Flag("attachment-tag-prefix", "text in front of the tags of signatures", metavar="PREFIX"),
)
ANNOTATIONS = Flag(
    "annotations",
    "a name and a value, taken whole whatever is in it; may be given again",
    short="a",
    metavar="NAME=VALUE",
    many=True,
    lines=True,
)
PARALLEL = Flag(
    "parallel", "how many images are worked on at once", Kind.NUMBER, default="8", own=True
)


LOCAL_IMAGE = Flag(
    "local-image", "the words are folders that boltseal save or cosign save made", Kind.BOOL
)


def format_flag(default: str) -> Flag:
    """Return the flag that chooses among cosign's two forms of a signature."""
    return Flag(
        "format",
        "classic (a tag, cosign 1 and 2), bundle (a referrer, cosign 3), or both",
        choices=("classic", "bundle", "both"),
        default=default,
        own=True,
        alias="formats",
    )
