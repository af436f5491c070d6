"""`boltseal upload blob`: plain files into a registry."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from boltseal.cli import wiring
from boltseal.cli.compat_carrying import UPLOAD_BLOB
from boltseal.cli.flags import Arguments, Flag, Given, Verb
from boltseal.cli.shared import PLACES, REGISTRY
from boltseal.core.annotations import Annotations
from boltseal.core.names import Digest, Reference
from boltseal.core.oci import Descriptor
from boltseal.errors import FileUnusable
from boltseal.flows.upload import Loaded, media_type_of, upload
from boltseal.stores.pieces import PIECE


def run(given: Given) -> int:
    """Upload the files and print the reference by digest."""
    target = Reference.parse_place(given.words[0])
    files = [_loaded(text, given) for text in given.texts("files")]
    annotations = Annotations.parse(given.texts("annotation")).as_dict()
    with wiring.places(given, writes=True, make=True) as (store, carrier):
        digest = upload(files, target, annotations=annotations, store=store, carrier=carrier)
    for file in files:
        given.around.say(
            f"Uploading file from [{file.name}] to [{target}] with media type "
            f"[{file.described.media_type}]"
        )
    where = replace(target, tag=None, digest=digest)
    if len(files) == 1:
        given.around.say("Uploaded image to:")
        given.around.put(f"{where}\n".encode())
    else:
        given.around.say(f"Uploading multi-platform index to {where}")
    return 0


def _loaded(text: str, given: Given) -> Loaded:
    """Read `PATH[:OS[/ARCHITECTURE]]`, and the file once for its digest."""
    path, colon, platform = text.rpartition(":")
    if not colon or not path or "\\" in platform:
        path, platform = text, ""
    known, size, head = hashlib.sha256(), 0, b""
    for piece in _pieces(path):
        head = head or piece[:512]
        known.update(piece)
        size += len(piece)
    media_type = given.text("ct") or media_type_of(head)
    described = Descriptor(media_type, size, Digest(known.hexdigest()))
    return Loaded(path, described, partial(_pieces, path), platform)


def _pieces(path: str) -> Iterator[bytes]:
    try:
        with open(path, "rb") as file:
            while piece := file.read(PIECE):
                yield piece
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise FileUnusable(f"cannot read {path!r}: {reason}") from error


VERB = Verb(
    name="upload blob",
    summary="Upload plain files to a registry.",
    about="""\
Each file becomes an image of one layer; several files, each with a platform of its own, an index.
Files of any size are sent in pieces. The reference by digest is printed, to be signed.""",
    examples=(
        ("upload a file", "boltseal upload blob -f app.tar.gz registry.example.com/files/app:v1"),
        (
            "one file for each platform",
            "boltseal upload blob -f app-linux:linux/amd64 -f app-darwin:darwin/arm64 "
            "registry.example.com/files/app:v1",
        ),
    ),
    run=run,
    flags=(
        Flag(
            "files",
            "a file, perhaps with its platform; may be given again",
            short="f",
            many=True,
            metavar="PATH[:OS[/ARCH]]",
        ),
        Flag("ct", "media type, where the file's bytes do not tell", metavar="TYPE"),
        Flag(
            "annotation",
            "a name and a value for the manifest; may be given again",
            short="a",
            many=True,
            lines=True,
            metavar="NAME=VALUE",
        ),
        *(flag for flag in PLACES if not flag.own),
        *REGISTRY,
    ),
    arguments=Arguments("IMAGE", 1, 1),
    cosign=UPLOAD_BLOB,
)
