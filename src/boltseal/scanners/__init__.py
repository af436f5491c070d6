"""Files that name images: text in, references with file and line out; pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, Protocol

from boltseal.core.names import Reference
from boltseal.core.places import Place
from boltseal.errors import UsageError

Status = Literal["image", "unresolved", "ignored"]
_NOTHING: Mapping[str, str] = MappingProxyType({})
_RULE = re.compile(r"(!?)([A-Za-z][A-Za-z0-9]*|\*):([A-Za-z0-9_\-.\[\]/*]+)")


@dataclass(frozen=True, slots=True)
class Finding:
    """One text in a file that names an image, or that might.

    `text` is as written in the file, without quotes and without a prefix such as `docker://`;
    where a file gives the parts of a name apart (kustomize, Helm values), it is what they make
    together. `reference` is set exactly if `status` is 'image'. 'unresolved' means that nobody
    can tell from the file which image this is: a gate counts it as undecided. 'ignored' means
    that it is known to name no image that would be pulled. `why` says so for both, in words.
    """

    text: str
    reference: Reference | None
    place: Place
    kind: str
    status: Status
    why: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """Where custom resources of one kind name images, or have an `image` that is none.

    `path` are member names from the document's root; `[]` stands for every element of a list
    and `*` for every member of an object.
    """

    kind: str
    path: tuple[str, ...]
    image: bool = True

    @classmethod
    def parse(cls, text: str) -> Rule:
        """Read `Kind:spec.parts[].image`; a `!` in front says that this field is no image.

        `*` as the kind means every kind that Kubernetes itself does not know. A name with dots
        in it stands between `/`: `Kind:/spec/a.b/image`. Raise UsageError otherwise.
        """
        match = _RULE.fullmatch(text)
        if not match:
            raise UsageError(
                f"{text[:200]!r} is not a path rule; write Kind:spec.parts[].image, or the same "
                "with '!' in front for a field that names no image"
            )
        path = match[3]
        names = path[1:].split("/") if path.startswith("/") else path.split(".")
        parts = [part for name in names for part in re.findall(r"\[\]|[^\[\]]+", name)]
        if any(not name for name in names) or not parts:
            raise UsageError(f"{text[:200]!r} is a path rule with an empty name in it")
        return cls(match[2], tuple(parts), image=not match[1])


@dataclass(frozen=True, slots=True)
class Options:
    """What files leave open and the caller knows.

    `build_args` are a Dockerfile's, `variables` those of Compose and GitLab CI, `rules` tell
    where custom resources name images.
    """

    build_args: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    variables: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    rules: tuple[Rule, ...] = ()


class Scanner(Protocol):
    """One kind of file that names images."""

    @property
    def name(self) -> str:
        """The kind, as it stands in findings and in `--kinds`."""

    def claims(self, path: str, text: str) -> bool:
        """Tell from its path, or else from its text, that a file is of this kind."""

    def scan(self, path: str, text: str, *, options: Options) -> tuple[Finding, ...]:
        """Return what the file names, in the order of its text.

        Raise Malformed where the file is not of the syntax that its kind demands, is larger than
        5 MiB or nested too deeply, and nothing else that is not a BoltsealError.
        """
