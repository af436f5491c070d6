"""From a command line and its environment to a store, shelves, a signer and a trust."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from boltseal import __version__
from boltseal.cli.flags import Given, parse_bool, parse_size
from boltseal.cli.passwords import read_password
from boltseal.core.annotations import Annotations, where_cosign_splits
from boltseal.core.names import LAYOUT, Reference, Repository
from boltseal.core.oci import ZERO_TIME
from boltseal.core.signature import Form, Kind
from boltseal.errors import Undecided, UsageError
from boltseal.signers.local import LocalSigner
from boltseal.signers.open import open_signer
from boltseal.stores import Shelf, Store
from boltseal.stores.capped import CappedStore
from boltseal.stores.carrying import StoreCarrier
from boltseal.stores.keyfiles import exposed
from boltseal.stores.open import open_shelves, parse_forms, read_key
from boltseal.stores.routing import RoutingStore
from boltseal.trust.key import KeyTrust
from boltseal.trust.open import open_trust

# What speaks HTTP is imported where it is used: verbs on plain files need none of it, and it would
# take as much of their memory as reading a file of any size does.
if TYPE_CHECKING:
    from boltseal.stores.registry.settings import RegistrySettings

MOST_PARALLEL = 256
_CALL = 120.0


def registry_settings(given: Given, *, writes: bool) -> RegistrySettings:
    """Take the registry flags and the environment as settings."""
    from boltseal.stores.registry.settings import RegistrySettings

    environment = given.around.environment
    home = environment.get("HOME") or environment.get("USERPROFILE")
    workspace = environment.get("GITHUB_WORKSPACE")
    insecure = given.flag("allow-insecure-registry")
    retries = given.number("retries", 3)
    if not 0 <= retries <= 20:
        raise UsageError(f"--retries {retries} is out of range; write a number from 0 to 20")
    return RegistrySettings(
        username=given.text("registry-username") or None,
        password=given.text("registry-password") or None,
        token=given.text("registry-token") or None,
        ca_file=_path(given, "registry-cacert"),
        client_cert=_path(given, "registry-client-cert"),
        client_key=_path(given, "registry-client-key"),
        server_name=given.text("registry-server-name") or None,
        allow_http=insecure or given.flag("allow-http-registry"),
        skip_tls=insecure,
        timeout=min(_CALL, given.seconds("timeout", _CALL)),
        retries=retries,
        environment=_certificates(environment),
        home=Path(home) if home else None,
        workspace=Path(workspace) if workspace else None,
        current=_current(),
        writes=writes,
        version=__version__,
    )


@contextmanager
def registry(given: Given, *, writes: bool = False) -> Iterator[Store]:
    """Open registries and folders for the length of a verb, and close their connections."""
    with places(given, writes=writes) as (store, _):
        most = parse_size(given.around.environment.get("COSIGN_MAX_ATTACHMENT_SIZE", ""))
        yield store if most is None else CappedStore(store, most)


@contextmanager
def places(
    given: Given, *, writes: bool = False, make: bool = False
) -> Iterator[tuple[RoutingStore, StoreCarrier]]:
    """Open registries and folders, and what brings content between them.

    With `make`, folders that are not there are made at the first write.
    """
    from boltseal.stores.registry.settings import open_registry, system_time

    remote = open_registry(
        registry_settings(given, writes=writes),
        clockwork=system_time(_check(given)),
        trace=trace(given),
    )
    store = RoutingStore(lambda: remote, make=make)
    carrier = StoreCarrier(store, lambda where: store.layout(where) if where.is_layout else remote)
    try:
        yield store, carrier
    finally:
        remote.close()


def named(words: Sequence[str], *, local: bool = False) -> list[str | Reference]:
    """Read what a user typed as `oci:FOLDER`; what names a registry's image stays as it is.

    A flow reads it then, and its reports show it as it was typed. With `local`, every word is a
    folder with one image, as cosign's --local-image has it.
    """
    if local:
        return [Reference(Repository("", word), tag="") for word in words]
    return [Reference.parse_place(word) if word.startswith(LAYOUT) else word for word in words]


def shelves(
    given: Given,
    store: Store,
    forms: Sequence[Form],
    *,
    created: str = ZERO_TIME,
    kind: Kind = Kind.SIGNATURE,
) -> tuple[Shelf, ...]:
    """Return the shelves for the forms wanted, beside the image or where it was said."""
    return open_shelves(
        store,
        forms,
        attachments=attachments(given),
        prefix=given.text("attachment-tag-prefix"),
        created=created,
        docker_types=bool(
            parse_bool(given.around.environment.get("COSIGN_DOCKER_MEDIA_TYPES", ""))
        ),
        kind=kind,
    )


def attachments(given: Given) -> Repository | None:
    """Return the repository of signatures: the flag, else COSIGN_REPOSITORY, else None."""
    text = given.text("attachments-repository")
    text = text or given.around.environment.get("COSIGN_REPOSITORY", "")
    return Repository.parse(text) if text else None


def forms(given: Given, *, bundles: str) -> tuple[Form, ...]:
    """Return the forms that --format or cosign's --new-bundle-format ask for; both by default.

    `bundles` is what `--new-bundle-format=true` stands for. Raise UsageError where they differ.
    """
    mapped = None
    if given.said("new-bundle-format"):
        mapped = bundles if given.flag("new-bundle-format") else "classic"
    chosen = given.text("format") or mapped or "both"
    if mapped not in (None, chosen):
        raise UsageError(
            f"--format {chosen} and --new-bundle-format contradict each other; give one of them"
        )
    return parse_forms(chosen)


def annotations_of(given: Given) -> Annotations:
    """Read `-a name=value`, each whole, and say where cosign would have read it otherwise."""
    lines = given.texts("annotations")
    for notice in filter(None, map(where_cosign_splits, lines)):
        given.around.say(f"Note: {notice}")
    return Annotations.parse(lines)


def parallel(given: Given) -> int:
    """Return how many images are worked on at once: --parallel, or cosign's --max-workers."""
    name = "parallel" if given.said("parallel") else "max-workers"
    number = given.number(name, 8)
    if not 1 <= number <= MOST_PARALLEL:
        raise UsageError(f"--{name} {number}: write a number from 1 to {MOST_PARALLEL}")
    return number


def moment(given: Given) -> datetime:
    """Return the time to write down: SOURCE_DATE_EPOCH where it is set, else now; in UTC."""
    text = given.around.environment.get("SOURCE_DATE_EPOCH", "")
    if not text:
        return given.around.now().astimezone(timezone.utc)
    try:
        return datetime.fromtimestamp(int(text), timezone.utc)
    except (ValueError, OverflowError, OSError) as error:
        raise UsageError(
            f"SOURCE_DATE_EPOCH {text[:40]!r} is no time; it holds whole seconds since 1970"
        ) from error


def signer(given: Given) -> LocalSigner:
    """Open the private key of --key with its password; warn if others may read its file."""
    reference = given.text("key")
    if not reference:
        raise UsageError(
            "no --key was given, and keyless signing is not there in this version; "
            "give an encrypted key file, env://NAME or a URL"
        )
    warn_if_exposed(given, reference)
    return open_signer(
        reference, read=key_reader(given), password=lambda: read_password(given.around)
    )


def warn_if_exposed(given: Given, reference: str) -> None:
    """Warn of a private key file that others on this machine may read."""
    if "-----BEGIN" not in reference and "://" not in reference:
        warning = exposed(reference)
        if warning:
            given.around.say(f"WARNING: {warning}")


def trust(given: Given) -> KeyTrust:
    """Read every public key of --key: files, folders of *.pub, PEM text, env://NAME, URLs."""
    keys = [reference for text in given.texts("key") for reference in _each(text)]
    if not keys:
        raise UsageError(
            "no --key was given, and keyless verification is not there in this version; "
            "give the signer's public key: a file, env://NAME, a URL or a folder of *.pub"
        )
    read = key_reader(given)
    inline = 0
    named: list[tuple[str, bytes]] = []
    for reference in keys:
        name = reference
        if "-----BEGIN" in reference:
            inline += 1
            name = f"given as text, number {inline}"
        named.append((name, read(reference)))
    return open_trust(named)


def _each(text: str) -> tuple[str, ...]:
    if "-----BEGIN" in text or "://" in text or not Path(text).is_dir():
        return (text,)
    found = tuple(sorted(str(path) for path in Path(text).glob("*.pub")))
    if not found:
        raise UsageError(f"--key {text} is a folder without a *.pub file in it")
    return found


def key_reader(given: Given) -> Callable[[str], bytes]:
    """Return what reads the bytes of a key reference; a URL is fetched without credentials."""

    def read(reference: str) -> bytes:
        fetched = url_reader(given, "--key")
        return read_key(reference, environment=given.around.environment, fetch=fetched)

    return read


def url_reader(given: Given, flag: str) -> Callable[[str], bytes]:
    """Return what fetches a URL that `flag` named, without credentials."""

    def fetched(url: str) -> bytes:
        from boltseal.cli.fetching import fetch
        from boltseal.stores.registry.settings import system_time

        environment = _certificates(given.around.environment)
        clock = system_time(_check(given))
        return fetch(url, environment=environment, time=clock, trace=trace(given), flag=flag)

    return fetched


def trace(given: Given) -> Callable[[str], None] | None:
    """Return where lines about requests go: standard error with --verbose, else nowhere."""
    return given.around.say if given.flag("verbose") else None


def _check(given: Given) -> Callable[[], None]:
    """Return what ends the run: a signal, or the end of --timeout, counted from the start."""
    around = given.around
    if not given.said("timeout"):
        return around.check
    limit = given.seconds("timeout", 0)
    end = around.began + limit

    def check() -> None:
        around.check()
        if time.monotonic() > end:
            raise Undecided(f"the time of --timeout {given.text('timeout')} is over; run it again")

    return check


def _certificates(environment: Mapping[str, str]) -> Mapping[str, str]:
    """Let REQUESTS_CA_BUNDLE count where Go's own SSL_CERT_FILE is not set."""
    bundle = environment.get("REQUESTS_CA_BUNDLE")
    if not bundle or environment.get("SSL_CERT_FILE"):
        return environment
    return {**environment, "SSL_CERT_FILE": bundle}


def _current() -> Path | None:
    try:
        return Path.cwd()
    except OSError:  # it was deleted
        return None


def _path(given: Given, name: str) -> Path | None:
    text = given.text(name)
    return Path(text) if text else None
