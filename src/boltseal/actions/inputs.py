"""What a workflow can say to each action; a test compares this with the actions' YAML."""

from __future__ import annotations

from dataclasses import dataclass

from boltseal.actions.declaring import wanted
from boltseal.actions.reading import (
    boolean,
    choice,
    names,
    number,
    pairs,
    seconds,
    whole,
    word,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Common:
    """Inputs that every action on images has: how to reach registries, and how to run."""

    attachments_repository: str = wanted(
        word,
        "",
        """The repository where signatures are kept, if not beside the image; also taken from
        COSIGN_REPOSITORY.""",
    )
    registry_username: str = wanted(
        word, "", "The registry's user; by default, what docker login and its like have left."
    )
    registry_password: str = wanted(
        whole, "", "The registry's password or token, from a secret.", secret=True
    )
    registry_config: str = wanted(
        word, "", "A Docker config.json (or its folder) to take credentials from, and no other."
    )
    ca_file: str = wanted(
        word, "", "PEM certificates to trust for registries, in place of the machine's."
    )
    insecure_registries: tuple[str, ...] = wanted(
        names,
        "",
        """Registries (host:port) to speak to without TLS or without checking certificates.
        Loopback needs no mention.""",
    )
    summary: bool = wanted(boolean, "true", "Whether to write a job summary.")
    timeout: float = wanted(
        seconds, "10m", "The longest time for all of it, such as 90s or 10m; seconds without unit."
    )
    retries: int = wanted(
        number(0, 20), "4", "How often a registry that does not answer is asked again."
    )
    parallel: int = wanted(number(1, 64), "8", "How many images are worked on at once.")
    python: str = wanted(
        word, "", "The Python to run with, 3.10 or newer; by default the first on PATH."
    )
    wheelhouse: str = wanted(
        word,
        "",
        """A folder of wheels to install from, for runners without a package index; made with
        `pip download -r actions/requirements.txt`.""",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInputs(Common):
    """Inputs of the root action: sign what was just pushed."""

    images: tuple[str, ...] = wanted(
        names,
        "",
        """Names, tags or digests of the images, one a line or with commas; the tags output of
        docker/metadata-action fits as it is.""",
    )
    digest: str = wanted(
        word,
        "",
        """The digest that the build step pushed (sha256:…); one for all of images, which is
        signed once, however many tags name it.""",
    )
    build_metadata: str = wanted(
        whole,
        "",
        """The metadata output of docker/build-push-action or docker/bake-action, or the path of
        a file with it; names and digests come from there. Text over 128 KiB has to be a file.""",
    )
    key: str = wanted(
        whole,
        "cosign.key",
        "The encrypted private key: a path in the repository, PEM text, or env://NAME.",
        filled=True,
        secret=True,
    )
    password: str = wanted(
        whole,
        "",
        """The private key's password, from a secret; also taken from COSIGN_PASSWORD.""",
        secret=True,
    )
    annotations: tuple[tuple[str, str], ...] = wanted(
        pairs, "", "What else is signed: name=value, one a line, or a JSON object."
    )
    metadata: tuple[str, ...] = wanted(
        names,
        "auto",
        """What is signed about the build: auto (commit, created, ref, repository, workflow, run,
        event, actor, and head on pull requests), none, or a list of these.""",
    )
    timestamp: str = wanted(
        word,
        "auto",
        """The time that is signed as created, in RFC 3339 or seconds since 1970; auto is
        SOURCE_DATE_EPOCH, else the commit's time, else now.""",
    )
    recursive: bool = wanted(boolean, "true", "Whether an index's platform images are signed too.")
    format: str = wanted(
        choice("classic", "bundle", "both"),
        "both",
        """classic (the .sig tag, for podman, Kyverno, cosign 1 and 2), bundle (OCI referrers, for
        cosign 3) or both.""",
    )
    on_existing: str = wanted(
        choice("skip", "append", "replace", "fail"),
        "skip",
        "What to do where an equal signature is there: skip, append, replace or fail.",
    )
    verify_after: bool = wanted(
        boolean, "true", "Whether the signatures are read back and verified before going on."
    )
    promote_tags: tuple[str, ...] = wanted(
        names,
        "",
        """Tags that are pointed at the digest once its signature is verified, so that no public
        tag ever names an unsigned image.""",
    )
    allow_pull_request: bool = wanted(
        boolean,
        "false",
        """Whether a run for a pull request may sign. A privileged run for foreign code never
        may.""",
    )
    dry_run: bool = wanted(boolean, "false", "Whether only to say what would be done.")


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyInputs(Common):
    """Inputs of actions/verify: let the deploy job go on, or not."""

    images: tuple[str, ...] = wanted(
        names, "", "Names, tags or digests of the images, one a line or with commas."
    )
    digest: str = wanted(
        word,
        "",
        """The digest (sha256:…) that all of images must have; what is verified and handed on is
        this digest.""",
    )
    build_metadata: str = wanted(
        whole,
        "",
        """The metadata output of docker/build-push-action or docker/bake-action, or the path of
        a file with it.""",
    )
    key: str = wanted(
        whole,
        "cosign.pub",
        """The public keys to trust: files, folders of *.pub, or env://NAME, one a line, or PEM
        text.""",
        filled=True,
    )
    require: str = wanted(
        word,
        "any",
        "How many of the keys must have signed: any, all, or a number of distinct keys.",
    )
    annotations: tuple[tuple[str, str], ...] = wanted(
        pairs,
        "",
        "What must be signed with the image, exactly: name=value, one a line, or a JSON object.",
    )
    annotations_match: tuple[tuple[str, str], ...] = wanted(
        pairs,
        "",
        """The same with globs: `*` is any text without a slash, `**` any text, such as
        ref=refs/tags/*.""",
    )
    commit: str = wanted(
        word, "", "The commit that the image must be built from; short for commit=… above."
    )
    ref: str = wanted(word, "", "The ref that it must be built from, such as refs/heads/main.")
    repository: str = wanted(word, "", "The repository that it must be built from, owner/name.")
    max_age: str = wanted(
        word,
        "",
        """How long ago the image may have been made, such as 12h or 30d, by the time that was
        signed as created.""",
    )
    recursive: bool = wanted(
        boolean, "false", "Whether an index's platform images must be signed too."
    )
    formats: str = wanted(
        choice("classic", "bundle", "both"), "both", "The forms of signature that count."
    )
    attestations: tuple[str, ...] = wanted(
        names,
        "",
        """Types of attestation that must be there too, by as many of the same keys: names such as
        spdxjson or slsaprovenance1, or URIs, one a line or with commas.""",
    )
    allow: tuple[tuple[str, str], ...] = wanted(
        pairs,
        "",
        """Images that need no signature: glob=reason, one a line, such as
        docker.io/library/*=images of the base system. They are pinned all the same.""",
    )
    fail_on: tuple[str, ...] = wanted(
        names,
        "not-trusted, undecided",
        """What stops the job: not-trusted, undecided (the registry did not answer), both, or
        none.""",
    )
    json_file: str = wanted(
        word, "", "A file in the workspace to write the whole report to, as JSON."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class AttestInputs(Common):
    """Inputs of actions/attest: say something about what was just pushed, signed."""

    images: tuple[str, ...] = wanted(
        names,
        "",
        """Names, tags or digests of the images, one a line or with commas; the tags output of
        docker/metadata-action fits as it is.""",
    )
    digest: str = wanted(
        word, "", "The digest that the build step pushed (sha256:…); one for all of images."
    )
    build_metadata: str = wanted(
        whole,
        "",
        """The metadata output of docker/build-push-action or docker/bake-action, or the path of
        a file with it; names and digests come from there. Text over 128 KiB has to be a file.""",
    )
    type: str = wanted(
        word,
        "custom",
        """What is said: slsaprovenance1, spdxjson, cyclonedx, vuln, openvex, spdx, link,
        slsaprovenance, custom, or the URI of any type.""",
    )
    predicate: str = wanted(
        word,
        "",
        """The file in the workspace that holds it; with type slsaprovenance1 it may be left out,
        and provenance of this very run is made.""",
    )
    schema_check: bool = wanted(
        boolean, "true", "Whether a predicate that breaks the published rules of its type stops it."
    )
    key: str = wanted(
        whole,
        "cosign.key",
        "The encrypted private key: a path in the repository, PEM text, or env://NAME.",
        filled=True,
        secret=True,
    )
    password: str = wanted(
        whole,
        "",
        """The private key's password, from a secret; also taken from COSIGN_PASSWORD.""",
        secret=True,
    )
    recursive: bool = wanted(
        boolean, "false", "Whether it is said of an index's platform images too."
    )
    format: str = wanted(
        choice("classic", "bundle", "both"),
        "both",
        """classic (the .att tag, for Kyverno, cosign 1 and 2), bundle (OCI referrers, for
        cosign 3) or both.""",
    )
    on_existing: str = wanted(
        choice("skip", "append", "replace", "fail"),
        "skip",
        """What to do where an equal statement is there: skip, append, replace (all of this type
        by this key) or fail.""",
    )
    allow_pull_request: bool = wanted(
        boolean,
        "false",
        """Whether a run for a pull request may sign. A privileged run for foreign code never
        may.""",
    )
    dry_run: bool = wanted(boolean, "false", "Whether only to say what would be done.")
