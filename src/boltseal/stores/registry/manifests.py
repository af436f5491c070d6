"""Manifests of a registry: what is there is told by its bytes, never by a header alone."""

from __future__ import annotations

from collections.abc import Collection

from boltseal.core.names import Digest, Reference
from boltseal.core.oci import (
    LARGEST_MANIFEST,
    MANIFEST_TYPES,
    Descriptor,
    Index,
    Manifest,
    parse_manifest,
)
from boltseal.errors import (
    AccessDenied,
    IntegrityError,
    Malformed,
    RegistryError,
    Unready,
    UsageError,
)
from boltseal.stores.registry.answers import error_codes, is_missing, refuse_page
from boltseal.stores.registry.caller import Call, Caller
from boltseal.stores.registry.exchange import Response
from boltseal.stores.registry.scopes import Need

_ACCEPT = (("Accept", ", ".join(MANIFEST_TYPES)),)
_STORED = frozenset({200, 201, 202})
# distribution says so while another client's upload of the same blob is being moved into place.
_UNREADY_CODES = frozenset({"MANIFEST_BLOB_UNKNOWN", "BLOB_UNKNOWN"})
_IMMUTABLE_CODES = frozenset({"TAG_INVALID", "TAG_ALREADY_EXISTS", "PRECONDITION"})


class Manifests:
    """Read, write and delete manifests."""

    def __init__(self, caller: Caller, *, forbidden_means_missing: Collection[str] = ()) -> None:
        """`forbidden_means_missing`: registries that answer 403 where nothing is (Artifactory)."""
        self._caller = caller
        self._quirky = frozenset(name.lower() for name in forbidden_means_missing)
        self._seen: dict[Reference, Digest | None] = {}
        self.quirk_used = False

    def resolve(self, reference: Reference) -> Descriptor | None:
        """Return the descriptor of a manifest by HEAD, which registries do not count; else by GET.

        The digest is what the registry says (or what `reference` says): whoever needs to be sure
        reads the manifest by that digest.
        """
        call = _reading("HEAD", reference)
        response = self._caller.call(call)
        if response.status == 429 or (response.status >= 500 and response.status != 501):
            raise self._caller.refusal(response, call)
        if response.status == 404 and response.media_type in ("", *_JSON_TYPES, "text/plain"):
            return self._remember(reference, None)
        if response.status == 200:
            refuse_page(response, what=call.told)
            found = _described(response, reference)
            if found is not None:
                return self._remember(reference, found)
        # A GET tells more: why access is denied, or the bytes that HEAD's headers do not describe.
        manifest = self.manifest(reference)
        return None if manifest is None else manifest.descriptor()

    def manifest(self, reference: Reference) -> Manifest | Index | None:
        """Return a manifest; its digest is that of its bytes, whatever the headers say."""
        call = _reading("GET", reference)
        response = self._caller.call(call)
        refuse_page(response, what=call.told)
        if self._is_missing(response, reference):
            self._remember(reference, None)
            return None
        if response.status != 200:
            raise self._caller.refusal(response, call)
        if not response.whole:
            raise Malformed(f"the manifest {reference} is larger than {LARGEST_MANIFEST} bytes")
        digest = Digest.of(response.body)
        if reference.digest is not None and digest != reference.digest:
            raise IntegrityError(f"{reference}: the registry gave bytes with the digest {digest}")
        manifest = parse_manifest(
            response.body, media_type=response.media_type or None, what=f"the manifest {reference}"
        )
        self._remember(reference, manifest.descriptor())
        return manifest

    def put(self, reference: Reference, manifest: Manifest | Index) -> None:
        """Store a manifest under its digest or a tag.

        A tag whose write got no answer is looked at before it is written again: another may have
        written meanwhile, and that must not be lost.
        """
        if reference.digest is not None and reference.digest != manifest.digest:
            raise UsageError(f"a manifest with the digest {manifest.digest} is not {reference}")
        before = (self._seen[reference],) if reference in self._seen else ()
        call = Call(
            "PUT",
            _path(reference),
            Need(reference.repository, ("pull", "push")),
            headers=(("Content-Type", manifest.media_type),),
            body=manifest.raw,
            again=None if reference.digest else lambda: self._look(reference, manifest, before),
        )
        response = self._caller.call(call)
        if response.status not in _STORED:
            raise self._not_stored(response, call, reference=reference)
        said = response.header("Docker-Content-Digest")
        if said and said.strip().startswith("sha256:") and said.strip() != str(manifest.digest):
            raise IntegrityError(
                f"{reference.repository.registry} stored {reference} under another digest than "
                f"{manifest.digest}; the registry, or something on the way, changes manifests"
            )
        self._remember(reference, manifest.descriptor())

    def delete(self, reference: Reference) -> bool:
        """Delete a manifest or a tag; False if it was not there."""
        call = Call("DELETE", _path(reference), Need(reference.repository, ("pull", "delete")))
        response = self._caller.call(call)
        if response.status in (200, 202, 204):
            self._seen.pop(reference, None)
            return True
        refuse_page(response, what=call.told)
        if is_missing(response):
            return False
        if response.status in (400, 405):
            raise RegistryError(
                f"{reference.repository.registry} does not let clients delete {reference}: "
                f"{self._caller.told(response)}; delete it with the registry's own tools"
            )
        raise self._caller.refusal(response, call)

    def _remember(self, reference: Reference, found: Descriptor | None) -> Descriptor | None:
        self._seen[reference] = None if found is None else found.digest
        return found

    def _is_missing(self, response: Response, reference: Reference) -> bool:
        if response.status == 403 and reference.repository.registry.lower() in self._quirky:
            self.quirk_used = True
            return True
        return is_missing(response)

    def _look(
        self, reference: Reference, manifest: Manifest | Index, before: tuple[Digest | None, ...]
    ) -> Response | None:
        """Look at a tag before writing it again; `before` is what it named, where that is known."""
        now = self.resolve(reference)
        digest = None if now is None else now.digest
        if digest == manifest.digest:
            return Response(201)
        if not before or digest == before[0]:
            return None
        raise Unready(
            f"{reference} was changed by another writer while its write got no answer; it was left "
            "as it is, to be read and written again"
        )

    def _not_stored(self, response: Response, call: Call, *, reference: Reference) -> RegistryError:
        if reference.digest is None and is_immutable(response):
            where = reference.repository
            return AccessDenied(
                f"{where.registry} does not let the tag {reference.tag} of {where.path} be "
                f"changed: {self._caller.told(response)}. The repository's tags are immutable: "
                "exclude tags like `sha256-*` from that rule (in ECR: IMMUTABLE_WITH_EXCLUSION), "
                "store signatures as bundles (referrers), or in another repository"
            )
        error = self._caller.refusal(response, call)
        return Unready(str(error)) if set(error_codes(response)) & _UNREADY_CODES else error


def is_immutable(response: Response) -> bool:
    """Say whether an answer to a tag's write means that the tag may not be changed.

    ECR: 400 TAG_INVALID; Harbor: 412 PRECONDITION; others 403 or 409 with words.
    """
    codes = set(error_codes(response))
    if response.status in (409, 412) or codes & _IMMUTABLE_CODES:
        return response.status in (400, 403, 405, 409, 412)
    text = response.body[:4096].lower()
    return response.status in (400, 403, 405) and (b"immutab" in text or b"overwrit" in text)


_JSON_TYPES = ("application/json", "application/problem+json")


def _path(reference: Reference) -> str:
    return f"/v2/{reference.repository.path}/manifests/{reference.target}"


def _reading(method: str, reference: Reference) -> Call:
    need = Need(reference.repository)
    return Call(method, _path(reference), need, headers=_ACCEPT, limit=LARGEST_MANIFEST)


def _described(response: Response, reference: Reference) -> Descriptor | None:
    """Read a descriptor from the headers of a HEAD; None where they do not tell enough."""
    length = response.header("Content-Length") or ""
    if response.media_type not in MANIFEST_TYPES or not (length.isascii() and length.isdigit()):
        return None
    said = (response.header("Docker-Content-Digest") or "").strip()
    if not said:
        digest = reference.digest
    else:
        try:
            digest = Digest.parse(said)
        except UsageError:
            return None
    if digest is None:
        return None
    if reference.digest is not None and digest != reference.digest:
        raise IntegrityError(f"{reference}: the registry says that its digest is {digest}")
    return Descriptor(response.media_type, int(length[:12]), digest)
