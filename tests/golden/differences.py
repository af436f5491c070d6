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
# Signatures in files, identities and authorities come with later versions; attestations are
# judged in test_attesting.
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
"""


def _rows(table: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.split(" | ")] for line in table.strip().splitlines()]


DIFFERENCES = {
    (case, command): Difference(case, command, cosign, int(ours), reason)
    for case, command, cosign, ours, reason in _rows(_DIFFERENCES)
}
NOT_ASKED = {(case, what): int(count) for case, what, count in _rows(_NOT_ASKED)}
NOT_WRITTEN = {case: what for case, what, *_ in _rows(_NOT_WRITTEN)}
