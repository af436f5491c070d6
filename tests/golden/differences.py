"""Where boltseal's verdict differs from a cosign's, command by command, each with its reason.

A difference that is not listed here fails the test, and so does a listed one that is none.
"""

from __future__ import annotations

from dataclasses import dataclass

REASONS = {
    "HASH": "every hash that cosign signs with is tried, so the flag for one changes nothing",
    "OWN": "3.1 signed it with a hash that neither cosign verifies by default; boltseal does",
    "BLIND": "cosign 2.5 does not see bundles, so to it the image is unsigned",
    "HIDES": "each cosign sees one form only: to 3.1 a bundle hides the classic signature",
    "CERT": "the signature is by the key asked for; cosign wants no key where a certificate is",
    "LOGCERT": "the signature is by the key asked for; 2.5 wants that key in the log as well",
    "LOG": "verifying by key alone looks at no log, so a log's wrong key changes nothing",
    "REFERRER": "a classic signature as a referrer is an experiment of cosign's, behind a flag",
    "ATTEST": "an attestation is no signature of the image; cosign 3.1 takes any bundle for one",
}


@dataclass(frozen=True, slots=True)
class Difference:
    """One command's answers: cosign's exit statuses by generation, boltseal's, and why."""

    case: str
    command: str
    cosign: str
    ours: int
    reason: str


# case | command | cosign's exit status by generation | boltseal's exit code | reason
_DIFFERENCES = """
sig25-oci11 | k25 --experimental-oci11 | 2.5:0 3.1:0 | 10 | REFERRER
sig25-rsa2048 | rsa2048-pkcs1 --signature-digest-algorithm sha384 | 2.5:12 3.1:12 | 0 | HASH
sig25-rsa2048 | rsa2048-pkcs1 --signature-digest-algorithm sha512 | 2.5:12 3.1:12 | 0 | HASH
sig31-legacy-rsa2048 | rsa2048-pkcs1 --signature-digest-algorithm sha384 | 2.5:12 3.1:12 | 0 | HASH
sig31-legacy-rsa2048 | rsa2048-pkcs1 --signature-digest-algorithm sha512 | 2.5:12 3.1:12 | 0 | HASH
bundle31-rsa2048 | rsa2048-pkcs1 | 2.5:10 3.1:0 | 0 | BLIND
bundle31-rsa2048 | rsa2048-pkcs1 --signature-digest-algorithm sha384 | 2.5:10 3.1:1 | 0 | HASH
bundle31-rsa2048 | rsa2048-pkcs1 --signature-digest-algorithm sha512 | 2.5:10 3.1:1 | 0 | HASH
sig25-rsa4096 | rsa4096-pkcs1 --signature-digest-algorithm sha384 | 2.5:12 3.1:12 | 0 | HASH
sig25-rsa4096 | rsa4096-pkcs1 --signature-digest-algorithm sha512 | 2.5:12 3.1:12 | 0 | HASH
sig31-legacy-rsa4096 | rsa4096-pkcs1 --signature-digest-algorithm sha384 | 2.5:12 3.1:12 | 0 | HASH
sig31-legacy-rsa4096 | rsa4096-pkcs1 --signature-digest-algorithm sha512 | 2.5:12 3.1:12 | 0 | HASH
bundle31-rsa4096 | rsa4096-pkcs1 | 2.5:10 3.1:0 | 0 | BLIND
bundle31-rsa4096 | rsa4096-pkcs1 --signature-digest-algorithm sha384 | 2.5:10 3.1:1 | 0 | HASH
bundle31-rsa4096 | rsa4096-pkcs1 --signature-digest-algorithm sha512 | 2.5:10 3.1:1 | 0 | HASH
sig25-p384 | p384-sec1 --signature-digest-algorithm sha384 | 2.5:12 3.1:12 | 0 | HASH
sig25-p384 | p384-sec1 --signature-digest-algorithm sha512 | 2.5:12 3.1:12 | 0 | HASH
sig31-legacy-p384 | p384-sec1 | 2.5:12 3.1:12 | 0 | OWN
sig31-legacy-p384 | p384-sec1 --signature-digest-algorithm sha512 | 2.5:12 3.1:12 | 0 | HASH
bundle31-p384 | p384-sec1 | 2.5:10 3.1:1 | 0 | OWN
bundle31-p384 | p384-sec1 --signature-digest-algorithm sha384 | 2.5:10 3.1:0 | 0 | HASH
bundle31-p384 | p384-sec1 --signature-digest-algorithm sha512 | 2.5:10 3.1:1 | 0 | HASH
sig25-p521 | p521-pkcs8 --signature-digest-algorithm sha384 | 2.5:12 3.1:12 | 0 | HASH
sig25-p521 | p521-pkcs8 --signature-digest-algorithm sha512 | 2.5:12 3.1:12 | 0 | HASH
sig31-legacy-p521 | p521-pkcs8 | 2.5:12 3.1:12 | 0 | OWN
sig31-legacy-p521 | p521-pkcs8 --signature-digest-algorithm sha384 | 2.5:12 3.1:12 | 0 | HASH
bundle31-p521 | p521-pkcs8 | 2.5:10 3.1:1 | 0 | OWN
bundle31-p521 | p521-pkcs8 --signature-digest-algorithm sha384 | 2.5:10 3.1:1 | 0 | HASH
bundle31-p521 | p521-pkcs8 --signature-digest-algorithm sha512 | 2.5:10 3.1:0 | 0 | HASH
sig31-legacy-ed25519 | ed25519-pkcs8 | 2.5:12 3.1:12 | 0 | OWN
sig31-legacy-ed25519 | ed25519-pkcs8 --signature-digest-algorithm sha384 | 2.5:12 3.1:12 | 0 | OWN
sig31-legacy-ed25519 | ed25519-pkcs8 --signature-digest-algorithm sha512 | 2.5:12 3.1:12 | 0 | OWN
bundle31-ed25519 | ed25519-pkcs8 | 2.5:10 3.1:1 | 0 | OWN
bundle31-ed25519 | ed25519-pkcs8 --signature-digest-algorithm sha384 | 2.5:10 3.1:1 | 0 | OWN
bundle31-ed25519 | ed25519-pkcs8 --signature-digest-algorithm sha512 | 2.5:10 3.1:1 | 0 | OWN
sig25-tlog | k25 --offline SIGSTORE_REKOR_PUBLIC_KEY=k25b | 2.5:12 3.1:12 | 0 | LOG
sig25-tlog-cert | k25 SIGSTORE_REKOR_PUBLIC_KEY=pki/rekor | 2.5:12 3.1:0 | 0 | LOGCERT
bundle31-plain | k31 | 2.5:10 3.1:0 | 0 | BLIND
bundle31-plain | k25b | 2.5:10 3.1:1 | 12 | BLIND
bundle31-plain | k31 -o text | 2.5:10 3.1:0 | 0 | BLIND
bundle31-by-tag | k31 | 2.5:10 3.1:0 | 0 | BLIND
bundle31-annotations | k31 | 2.5:10 3.1:0 | 0 | BLIND
bundle31-annotations | k31 -a build=42 | 2.5:10 3.1:0 | 0 | BLIND
bundle31-annotations | k31 -a build=wrong | 2.5:10 3.1:1 | 12 | BLIND
bundle31-annotations | k31 -a absent=1 | 2.5:10 3.1:1 | 12 | BLIND
bundle31-annotations | k31 --check-claims false -a build=wrong | 2.5:10 3.1:0 | 0 | BLIND
bundle31-annotations-hard | k31 | 2.5:10 3.1:0 | 0 | BLIND
bundle31-annotations-hard | k31 -a … | 2.5:10 3.1:0 | 0 | BLIND
bundle31-two | k31 | 2.5:10 3.1:0 | 0 | BLIND
bundle31-two | k31b | 2.5:10 3.1:0 | 0 | BLIND
bundle31-two | k31b -a build=42 | 2.5:10 3.1:0 | 0 | BLIND
bundle31-two | k31 -a build=42 | 2.5:10 3.1:1 | 12 | BLIND
bundle31-index-recursive | k31 | 2.5:10 3.1:0 | 0 | BLIND
bundle31-and-sig | k25 | 2.5:0 3.1:1 | 0 | HIDES
bundle31-and-sig | k31 | 2.5:12 3.1:0 | 0 | HIDES
bundle31-referrers-api | k31 | 2.5:10 3.1:0 | 0 | BLIND
bundle31-cert | k31 | 3.1:1 | 0 | CERT
att31-bundle-custom | k31 | 3.1:0 | 10 | ATTEST
att31-bundle-uri | k31 | 3.1:0 | 10 | ATTEST
"""

# Commands that ask for what this version does not do: case | what they ask for | how many.
# Attestations, signatures in files, identities and authorities come with later versions.
_NOT_ASKED = """
sig25-cert | identity in a certificate | 16
sig31-legacy-cert | identity in a certificate | 2
sig25-tlog-cert | identity in a certificate | 4
sig25-timestamp | identity in a certificate | 6
sig25-keyless | identity in a certificate | 6
sig25-keyless-email | identity in a certificate | 6
sig25-attached | signature in a file | 8
sig31-legacy-attached | signature in a file | 8
bundle31-cert | identity in a certificate | 3
bundle31-tlog | timestamp authority | 1
bundle31-keyless | identity in a certificate | 2
bundle31-keyless | timestamp authority | 1
att25-custom | attestations | 6
att31-legacy-custom | attestations | 2
att31-bundle-custom | attestations | 3
att25-spdx | attestations | 2
att31-legacy-spdx | attestations | 2
att31-bundle-spdx | attestations | 1
att25-spdxjson | attestations | 2
att31-legacy-spdxjson | attestations | 2
att31-bundle-spdxjson | attestations | 1
att25-cyclonedx | attestations | 2
att31-legacy-cyclonedx | attestations | 2
att31-bundle-cyclonedx | attestations | 1
att25-openvex | attestations | 2
att31-legacy-openvex | attestations | 2
att31-bundle-openvex | attestations | 1
att25-slsaprovenance | attestations | 2
att31-legacy-slsaprovenance | attestations | 2
att31-bundle-slsaprovenance | attestations | 1
att25-slsaprovenance02 | attestations | 2
att31-legacy-slsaprovenance02 | attestations | 2
att31-bundle-slsaprovenance02 | attestations | 1
att25-slsaprovenance1 | attestations | 2
att31-legacy-slsaprovenance1 | attestations | 2
att31-bundle-slsaprovenance1 | attestations | 1
att25-link | attestations | 2
att31-legacy-link | attestations | 2
att31-bundle-link | attestations | 1
att25-vuln | attestations | 2
att31-legacy-vuln | attestations | 2
att31-bundle-vuln | attestations | 1
att25-uri | attestations | 14
att31-legacy-uri | attestations | 2
att31-bundle-uri | attestations | 7
att25-bundle-uri | attestations | 2
att25-multi | attestations | 6
att25-replace | attestations | 4
att25-tlog | attestations | 2
att25-tlog-intoto | attestations | 2
att31-bundle-tlog | attestations | 1
att25-attach | attestations | 2
att25-and-sig | attestations | 2
"""

# Cases that hold what this version does not write: case | what it would take.
_NOT_WRITTEN = """
sig25-oci11 | classic signature as a referrer (experimental in cosign)
sig25-cert | certificate
sig31-legacy-cert | certificate
sig25-tlog | entry in a transparency log
sig25-tlog-cert | entry in a transparency log
sig25-timestamp | entry in a transparency log
sig25-keyless | entry in a transparency log
sig25-keyless-email | entry in a transparency log
sig31-legacy-tlog | entry in a transparency log
sig25-attached | signature in a file
sig31-legacy-attached | signature in a file
bundle31-cert | certificate
bundle31-tlog | entry in a transparency log
bundle31-keyless | certificate
att25-custom | the command attest
att31-legacy-custom | the command attest
att31-bundle-custom | the command attest
att25-spdx | the command attest
att31-legacy-spdx | the command attest
att31-bundle-spdx | the command attest
att25-spdxjson | the command attest
att31-legacy-spdxjson | the command attest
att31-bundle-spdxjson | the command attest
att25-cyclonedx | the command attest
att31-legacy-cyclonedx | the command attest
att31-bundle-cyclonedx | the command attest
att25-openvex | the command attest
att31-legacy-openvex | the command attest
att31-bundle-openvex | the command attest
att25-slsaprovenance | the command attest
att31-legacy-slsaprovenance | the command attest
att31-bundle-slsaprovenance | the command attest
att25-slsaprovenance02 | the command attest
att31-legacy-slsaprovenance02 | the command attest
att31-bundle-slsaprovenance02 | the command attest
att25-slsaprovenance1 | the command attest
att31-legacy-slsaprovenance1 | the command attest
att31-bundle-slsaprovenance1 | the command attest
att25-link | the command attest
att31-legacy-link | the command attest
att31-bundle-link | the command attest
att25-vuln | the command attest
att31-legacy-vuln | the command attest
att31-bundle-vuln | the command attest
att25-uri | the command attest
att31-legacy-uri | the command attest
att31-bundle-uri | the command attest
att25-bundle-uri | the command attest
att25-multi | the command attest
att25-replace | the command attest
att25-tlog | the command attest
att25-tlog-intoto | the command attest
att31-bundle-tlog | the command attest
att25-attach | the command attest
att25-and-sig | the command attest
"""


def _rows(table: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.split(" | ")] for line in table.strip().splitlines()]


DIFFERENCES = {
    (case, command): Difference(case, command, cosign, int(ours), reason)
    for case, command, cosign, ours, reason in _rows(_DIFFERENCES)
}
NOT_ASKED = {(case, what): int(count) for case, what, count in _rows(_NOT_ASKED)}
NOT_WRITTEN = {case: what for case, what, *_ in _rows(_NOT_WRITTEN)}
