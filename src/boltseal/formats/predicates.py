"""Predicate types: cosign's short names for them, and what a file becomes inside a statement.

Source: cosign cmd/cosign/cli/options/predicate.go and pkg/cosign/attestation.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from boltseal.core.reading import parse_json
from boltseal.core.writing import sorted_members
from boltseal.errors import Malformed, UsageError

CUSTOM = "https://cosign.sigstore.dev/attestation/v1"
SPDX = "https://spdx.dev/Document"
VULN = "https://cosign.sigstore.dev/attestation/vuln/v1"
SLSA_02 = "https://slsa.dev/provenance/v0.2"
SLSA_1 = "https://slsa.dev/provenance/v1"
LINK = "https://in-toto.io/Link/v1"
CYCLONEDX = "https://cyclonedx.org/bom"
OPENVEX = "https://openvex.dev/ns"
TYPES: Mapping[str, str] = {
    "custom": CUSTOM,
    "slsaprovenance": SLSA_02,
    "slsaprovenance02": SLSA_02,
    "slsaprovenance1": SLSA_1,
    "link": LINK,
    "spdx": SPDX,
    "spdxjson": SPDX,
    "cyclonedx": CYCLONEDX,
    "vuln": VULN,
    "openvex": OPENVEX,
}
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[\x21-\x7e]+")
LONGEST_TYPE = 1024


@dataclass(frozen=True, slots=True)
class PredicateType:
    """A type of predicate: as it was named, and the URI that a statement carries."""

    name: str
    uri: str

    @classmethod
    def parse(cls, text: str) -> PredicateType:
        """Read a short name of cosign's or any URI; raise UsageError that lists the names."""
        if text in TYPES:
            return cls(text, TYPES[text])
        if len(text) > LONGEST_TYPE or not _URI.fullmatch(text):
            raise UsageError(f"--type {text[:80]!r} is neither a URI nor one of {', '.join(TYPES)}")
        return cls(text, text)

    def predicate(self, content: bytes, *, timestamp: str, what: str) -> Any:
        """Turn a file's content into the predicate that cosign 3.1 would make of it.

        `custom` wraps the text, unparsed, with `timestamp` (RFC 3339, UTC); `spdx` is the text
        as a JSON string; everything else is a JSON object, members sorted. cosign squeezes SLSA,
        link and vuln through typed structures and so loses members that it does not know; here
        they are kept. Raise Malformed where the content does not fit.
        """
        if self.name == "custom":
            return {"Data": _text(content, what=what), "Timestamp": timestamp}
        if self.name == "spdx":
            return _text(content, what=what)
        value = parse_json(content, what=what)
        if not isinstance(value, dict):
            raise Malformed(f"{what} is not a JSON object, which a {self.name} predicate must be")
        return sorted_members(value)


def _text(content: bytes, *, what: str) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Malformed(f"{what} is not UTF-8 text") from error
