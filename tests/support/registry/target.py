"""What a path speaks of: parsed once, with the access that it takes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

from .exchange import Request
from .options import Access

_PATH = re.compile(
    r"/v2/(?P<repository>.+?)/(?:(?P<kind>manifests|referrers)/(?P<reference>[^/]+)"
    r"|(?P<listing>tags)/list|(?P<upload>blobs/uploads)/(?P<number>[^/]*)"
    r"|(?P<blob>blobs)/(?P<digest>[^/]+))"
)
_WORD = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REPOSITORY = re.compile(rf"{_WORD}(?:/{_WORD})*")
_TAG = re.compile(r"[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}")


def is_tag(text: str) -> bool:
    """Say whether the text is a tag of the distribution grammar."""
    return _TAG.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class Target:
    """Hold what a path names; `kind` is manifests, referrers, tags, uploads or blobs."""

    kind: str
    repository: str
    reference: str

    @classmethod
    def parse(cls, path: str) -> Target | None:
        """Read a raw request path; None if it is none of the distribution spec's end points."""
        match = _PATH.fullmatch(unquote(path))
        if match is None:
            return None
        kind = match["kind"] or match["listing"] or ("uploads" if match["upload"] else "blobs")
        reference = match["reference"] or match["number"] or match["digest"] or ""
        return cls(kind=kind, repository=match["repository"], reference=reference)

    @property
    def well_named(self) -> bool:
        """Say whether the repository's name fits the distribution grammar."""
        return len(self.repository) < 256 and _REPOSITORY.fullmatch(self.repository) is not None

    def needs(self, request: Request) -> frozenset[Access]:
        """Name the access that the request takes; a mount also pulls from where it mounts."""
        if request.method in ("GET", "HEAD") and self.kind != "uploads":
            return frozenset({Access(self.repository, "pull")})
        if request.method == "DELETE" and self.kind != "uploads":
            return frozenset({Access(self.repository, "delete")})
        source = request.parameter("from") if request.parameter("mount") else None
        wanted = {Access(self.repository, "pull"), Access(self.repository, "push")}
        return frozenset(wanted | ({Access(source, "pull")} if source else set()))
