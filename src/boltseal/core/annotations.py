"""Annotations: what is signed beside the digest, and what a reader may demand of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from boltseal.errors import UsageError

LARGEST_VALUE = 16 * 1024
LARGEST_ALL = 64 * 1024
MOST = 256

# cosign prints these among the annotations when it verifies, so a signed one of the same name
# would be hidden or taken for a checked fact (sigstore/cosign#1304).
RESERVED = frozenset(
    {
        "Bundle",
        "CommonName",
        "Issuer",
        "RFC3161Timestamp",
        "Subject",
        "githubWorkflowName",
        "githubWorkflowRef",
        "githubWorkflowRepository",
        "githubWorkflowSha",
        "githubWorkflowTrigger",
    }
)
_RESERVED_OID = re.compile(r"1\.3\.6\.1\.4\.1\.57264\.1\.[0-9]+")


@dataclass(frozen=True, slots=True)
class Annotations:
    """Names and text values, each name once; iterates and compares in the order of the names."""

    pairs: tuple[tuple[str, str], ...] = ()

    @classmethod
    def parse(cls, lines: Iterable[str]) -> Annotations:
        """Read `name=value` lines for signing; the value is everything after the first `=`.

        A name given twice keeps its last value, as cosign does. Raise UsageError for a line
        without `=`, an empty or reserved name, control characters in a name, text that is not
        Unicode, or more than 256 names, 16 KiB a value, 64 KiB in all.
        """
        return cls.of(dict(_split(line) for line in lines))

    @classmethod
    def of(cls, values: Mapping[str, str]) -> Annotations:
        """Check and take a mapping, by the rules of `parse`."""
        for name, value in values.items():
            _check_name(name)
            _check_value(name, value)
        if len(values) > MOST or sum(len(n) + len(v) for n, v in values.items()) > LARGEST_ALL:
            raise UsageError(
                f"{len(values)} annotations are too many or too long: "
                f"at most {MOST}, and {LARGEST_ALL} characters in all"
            )
        return cls(tuple(sorted(values.items(), key=lambda pair: pair[0].encode("utf-8"))))

    def merged(self, over: Annotations) -> Annotations:
        """Return these with `over`'s added; where both have a name, `over` wins."""
        return Annotations.of({**dict(self.pairs), **dict(over.pairs)})

    def as_dict(self) -> dict[str, str]:
        """Return the values by name, names sorted by their UTF-8 bytes."""
        return dict(self.pairs)

    def missing_from(self, signed: Mapping[str, Any]) -> str | None:
        """Return what `signed` lacks of these, in words, or None if it has them all.

        Every wanted name must be there with an equal string; more names may be. A value that
        is not a string never equals one (cosign's `correctAnnotations`).
        """
        for name, wanted in self.pairs:
            if name not in signed:
                return f"annotation {name!r} is not in the signature"
            found = signed[name]
            if not isinstance(found, str):
                return f"annotation {name!r} is signed as {type(found).__name__}, not as text"
            if found != wanted:
                return f"annotation {name!r} is {_short(found)}, not {_short(wanted)}"
        return None

    def __bool__(self) -> bool:
        return bool(self.pairs)


def where_cosign_splits(line: str) -> str | None:
    """Return a notice if cosign would read this `-a` value otherwise than whole, else None.

    cosign reads the flag as CSV: a comma starts another pair, a quote opens a field, a line
    break ends the record; up to 3.1.1 a second `=` is refused.
    """
    name, _, value = line.partition("=")
    if any(char in line for char in ',"\n\r'):
        return f"annotation {name!r} is signed whole; cosign's own -a would have split or lost it"
    if "=" in value:
        return f"annotation {name!r} is signed whole; cosign before 3.1.2 refuses '=' in a value"
    return None


def _split(line: str) -> tuple[str, str]:
    name, equals, value = line.partition("=")
    if not equals:
        raise UsageError(f"annotation {_short(line)} has no '='; write name=value")
    return name, value


def _check_name(name: str) -> None:
    if not name or name != name.strip() or not name.isprintable():
        raise UsageError(
            f"annotation name {_short(name)} is empty, has spaces around it or is not printable"
        )
    if name in RESERVED or _RESERVED_OID.fullmatch(name):
        raise UsageError(
            f"annotation name {name!r} is reserved: cosign prints a checked fact under it; "
            "choose another name"
        )


def _check_value(name: str, value: str) -> None:
    if len(value) > LARGEST_VALUE:
        raise UsageError(f"annotation {name!r} is longer than {LARGEST_VALUE} characters")
    try:
        (name + value).encode("utf-8")
    except UnicodeEncodeError as error:
        raise UsageError(f"annotation {name!r} is not valid Unicode text") from error


def _short(text: str) -> str:
    return repr(text if len(text) <= 80 else text[:80] + "…")
