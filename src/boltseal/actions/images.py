"""Which images an action works on: names, a digest and a build's metadata become references."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from boltseal.core.names import Digest, Reference
from boltseal.core.reading import parse_object
from boltseal.errors import Malformed, UsageError

_DIGEST, _NAME = "containerimage.digest", "image.name"
_COMMA = ","


@dataclass(frozen=True, slots=True)
class Built:
    """What a build's metadata says of one target: the names that it pushed, and the digest."""

    names: tuple[Reference, ...]
    digest: Digest


@dataclass(frozen=True, slots=True)
class Named:
    """The images that were meant, each once, and notices about how they were read."""

    references: tuple[Reference, ...]
    notices: tuple[str, ...] = ()


def gather(images: Sequence[str], *, digest: str, metadata: bytes | None) -> Named:
    """Join names, digest and metadata into references.

    A digest, or metadata with one digest, is meant for all of `images`; metadata with several
    gives each image the digest of its own name. Raise UsageError where they contradict each
    other, or where a digest stands without a name. No images at all is for the caller to refuse.
    """
    built, notices = ((), []) if metadata is None else parse_metadata(metadata)
    named = [Reference.lowered(text) for text in images]
    notices += [notice for _, notice in named if notice]
    wanted = Digest.parse(digest) if digest else None
    if wanted and any(one.digest != wanted for one in built):
        raise UsageError(f"the input `digest` is {wanted}, and build-metadata has another digest")
    if named:
        found = [_given(reference, wanted, built) for reference, _ in named]
    else:
        found = [_at(name, one.digest) for one in built for name in one.names]
    if not found and (wanted or built):
        raise UsageError("there is a digest and no name with it: give the image's name in `images`")
    return Named(tuple(dict.fromkeys(found)), tuple(notices))


def _given(reference: Reference, wanted: Digest | None, built: Sequence[Built]) -> Reference:
    meant: set[Digest] = {wanted} if wanted else {one.digest for one in built}
    if len(meant) > 1:
        meant = _by_name(reference, built)
    if not meant:
        return reference
    digest = next(iter(meant))
    if reference.digest not in (None, digest):
        raise UsageError(f"{reference} has another digest than the one given beside it, {digest}")
    return _at(reference, digest)


def _by_name(reference: Reference, built: Sequence[Built]) -> set[Digest]:
    """Return the one digest that a build with several targets gave this very name."""
    exact = {one.digest for one in built if reference in one.names}
    repository = reference.repository
    alike = {one.digest for one in built if repository in {n.repository for n in one.names}}
    found = exact or alike
    if len(found) != 1:
        count = "none" if not found else f"{len(found)} different ones"
        raise UsageError(
            f"build-metadata has several targets, and for {reference} it has {count}; leave "
            "`images` out to take every name and digest from the metadata"
        )
    return {next(iter(found))}


def _at(reference: Reference, digest: Digest) -> Reference:
    return Reference(reference.repository, reference.tag, digest)


def parse_metadata(data: bytes) -> tuple[tuple[Built, ...], list[str]]:
    """Read the metadata JSON of `docker buildx build` or of `docker buildx bake`.

    The first is one object with `containerimage.digest` and `image.name`, the second has such an
    object for each target, beside others. Raise UsageError for anything else. Source:
    https://docs.docker.com/reference/cli/docker/buildx/build/#metadata-file.
    """
    try:
        value = parse_object(data, what="build-metadata")
    except Malformed as error:
        raise UsageError(str(error)) from error
    targets = {"": value} if _DIGEST in value or _NAME in value else _targets(value)
    if not targets:
        raise UsageError(
            "build-metadata names no image: it comes from a build that pushed nothing, or it is "
            "not the `metadata` output of docker/build-push-action or docker/bake-action"
        )
    notices: list[str] = []
    built = tuple(_built(name, told, notices) for name, told in targets.items())
    return built, notices


def _targets(value: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {
        name: told
        for name, told in value.items()
        if isinstance(told, Mapping) and (_DIGEST in told or _NAME in told)
    }


def _built(target: str, told: Mapping[str, Any], notices: list[str]) -> Built:
    digest, names = told.get(_DIGEST), told.get(_NAME, "")
    what = f"target {target[:80]!r} of build-metadata" if target else "build-metadata"
    if not isinstance(digest, str):
        raise UsageError(f"{what} has no {_DIGEST}: it was not pushed, so it cannot be meant here")
    if not isinstance(names, str):
        raise UsageError(f"{what}: {_NAME} is not text")
    read = [Reference.lowered(name) for name in _split(names)]
    notices += [notice for _, notice in read if notice]
    return Built(tuple(reference for reference, _ in read), Digest.parse(digest))


def _split(names: str) -> Iterable[str]:
    return filter(None, (name.strip() for name in names.split(_COMMA)))


def parse_artifacts(data: bytes) -> tuple[Reference, ...]:
    """Read the file that GITHUB_ARTIFACTS_LIST names: what earlier steps of the job declared.

    Only what is kept in registries is taken. An empty file is an empty list. Raise UsageError
    for what is no such list, or one of another version. Source: actions/runner,
    ArtifactsListFileCommand.
    """
    if not data.strip():
        return ()
    try:
        value = parse_object(data, what="the list of the job's artifacts")
    except Malformed as error:
        raise UsageError(str(error)) from error
    subjects = value.get("subjects")
    if value.get("version") != 1 or not isinstance(subjects, list):
        raise UsageError("the list of the job's artifacts is of a version that is not known")
    return tuple(
        Reference.lowered(f"{subject.get('name')}@{subject.get('digest')}")[0]
        for subject in subjects
        if isinstance(subject, dict) and subject.get("kind") == "oci"
    )
