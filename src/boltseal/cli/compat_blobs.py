"""Every flag of cosign's verbs on plain files (2.5 and 3.1, hidden ones too); see `compat`."""

from __future__ import annotations

from boltseal.cli.compat import SIGN, VERIFY
from boltseal.cli.flags import Kind, Row, Stance

_NO_TIMESTAMP = "timestamp authorities are not there in this version; leave it out"
_NO_KEYLESS = "keyless signing is not there in this version; sign with --key"


def _implemented(*names: str) -> tuple[Row, ...]:
    return tuple(Row(name, Stance.IMPLEMENTED) for name in names)


def _refused(*names: str, why: str) -> tuple[Row, ...]:
    return tuple(Row(name, Stance.REFUSED, why, fine=("",), refusal=why) for name in names)


def _as_in(rows: tuple[Row, ...], *names: str) -> tuple[Row, ...]:
    """Return what another verb's table says of flags that mean the same here."""
    known = {row.flag: row for row in rows}
    return tuple(known[name] for name in names)


_GLOBAL = _implemented("verbose", "timeout", "output-file", "help")
_SIGNING = (
    *_GLOBAL,
    *_implemented("key", "bundle", "output-signature"),
    *_as_in(
        SIGN,
        "sk",
        "slot",
        "trusted-root",
        "signing-config",
        "use-signing-config",
        "tlog-upload",
        "yes",
        "insecure-skip-verify",
        "oidc-disable-ambient-providers",
        "oidc-client-id",
        "rekor-url",
        "fulcio-url",
        "fulcio-auth-flow",
        "identity-token",
        "oidc-issuer",
        "oidc-client-secret-file",
        "oidc-provider",
        "oidc-redirect-url",
        "certificate",
        "certificate-chain",
        "cert",
        "cert-chain",
        "timestamp-server-url",
        "timestamp-client-cacert",
        "timestamp-client-cert",
        "timestamp-client-key",
        "timestamp-server-name",
    ),
    *_refused("output-certificate", why=_NO_KEYLESS),
    Row(
        "new-bundle-format",
        Stance.MAPPED,
        "=false writes cosign 2's form of --bundle; true is the default",
        kind=Kind.BOOL,
    ),
)

SIGN_BLOB: tuple[Row, ...] = (
    *_SIGNING,
    *_implemented("b64"),
    *_as_in(SIGN, "issue-certificate"),
    Row("output", Stance.MAPPED, "cosign's old name for --output-signature", kind=Kind.FILE),
    Row(
        "signing-algorithm",
        Stance.MAPPED,
        "chooses the key of a keyless signature; here the key of --key decides",
        fine=("", "ecdsa-sha2-256-nistp256"),
        refusal=_NO_KEYLESS,
    ),
    *_refused("rfc3161-timestamp", why=_NO_TIMESTAMP),
)

ATTEST_BLOB: tuple[Row, ...] = (
    *_SIGNING,
    *_implemented("predicate", "statement", "type", "hash", "output-attestation"),
    Row(
        "rekor-entry-type",
        Stance.MAPPED,
        "nothing is sent to a log",
        fine=("", "dsse", "intoto"),
        refusal="a transparency log is not there in this version; leave it out",
    ),
    *_refused("rfc3161-timestamp-bundle", why=_NO_TIMESTAMP),
)

_VERIFYING = (
    *_GLOBAL,
    *_implemented("key", "signature", "bundle", "max-workers"),
    *_as_in(
        VERIFY,
        "sk",
        "slot",
        "trusted-root",
        "signature-digest-algorithm",
        "insecure-ignore-tlog",
        "private-infrastructure",
        "offline",
        "insecure-ignore-sct",
        "use-signed-timestamps",
        "timestamp-certificate-chain",
        "rekor-url",
        "certificate-identity",
        "certificate-identity-regexp",
        "certificate-oidc-issuer",
        "certificate-oidc-issuer-regexp",
        "certificate-github-workflow-name",
        "certificate-github-workflow-ref",
        "certificate-github-workflow-repository",
        "certificate-github-workflow-sha",
        "certificate-github-workflow-trigger",
        "certificate",
        "certificate-chain",
        "cert",
        "cert-chain",
        "ca-roots",
        "ca-intermediates",
        "sct",
    ),
    *_refused("rfc3161-timestamp", why=_NO_TIMESTAMP),
    Row(
        "experimental-oci11",
        Stance.MAPPED,
        "means nothing for plain files, in cosign neither",
        kind=Kind.BOOL,
    ),
    Row(
        "new-bundle-format",
        Stance.MAPPED,
        "both forms of a bundle are read, told apart by what they hold",
        kind=Kind.BOOL,
    ),
)

VERIFY_BLOB: tuple[Row, ...] = _VERIFYING

VERIFY_BLOB_ATTESTATION: tuple[Row, ...] = (
    *_VERIFYING,
    *_implemented("type", "check-claims", "digest", "digestAlg"),
)
