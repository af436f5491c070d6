"""Every flag of cosign's verbs (2.5 and 3.1, hidden ones too): none is ignored."""

from __future__ import annotations

from boltseal.cli.flags import Given, Kind, Row, Stance
from boltseal.errors import UsageError

_KEYLESS = "keyless signing is not there in this version; sign with --key"
_IDENTITY = (
    "exactly one of --key and --certificate-identity may be given, and keyless verification is not "
    "there in this version; verify with --key alone"
)
_CERTIFICATE = "certificates are not there in this version; use --key alone"
_LOG = "a transparency log is not there in this version; leave it out, or give --tlog-upload=false"
_TIMESTAMP = "timestamp authorities are not there in this version; leave it out"
_HARDWARE = (
    "security keys are not there in this version; use an encrypted key file, env://NAME or a URL"
)
_OCI11 = (
    "cosign's experiment with classic signatures as OCI 1.1 referrers is not there; "
    "use --format bundle, which is stored as a referrer"
)
_SBOM = "signatures of attached SBOMs are deprecated by cosign and not there; sign an attestation"
_OFF = ("false",)
_EMPTY = ("",)


def _implemented(*names: str) -> tuple[Row, ...]:
    return tuple(Row(name, Stance.IMPLEMENTED) for name in names)


def _refused(*names: str, why: str, idle: str = "") -> tuple[Row, ...]:
    return tuple(
        Row(name, Stance.REFUSED, why, fine=_EMPTY, refusal=why, idle=idle) for name in names
    )


def _refused_switch(*names: str, why: str) -> tuple[Row, ...]:
    return tuple(
        Row(name, Stance.REFUSED, why, kind=Kind.BOOL, fine=_OFF, refusal=why) for name in names
    )


def _switch(name: str, word: str, *, fine: tuple[str, ...] | None = None, why: str = "") -> Row:
    return Row(name, Stance.MAPPED, word, kind=Kind.BOOL, fine=fine, refusal=why)


_GLOBAL = _implemented("verbose", "timeout", "output-file", "help")

_REGISTRY = (
    *_implemented(
        "allow-http-registry",
        "allow-insecure-registry",
        "registry-cacert",
        "registry-client-cert",
        "registry-client-key",
        "registry-server-name",
        "registry-username",
        "registry-password",
        "registry-token",
    ),
    *_refused_switch(
        "k8s-keychain",
        why="the keychain of Kubernetes is not there; log in with docker login, or give "
        "--registry-username and --registry-password",
    ),
)

_REFERRERS_MODE = Row(
    "registry-referrers-mode",
    Stance.MAPPED,
    "legacy is what --format classic does",
    fine=("", "legacy"),
    refusal=_OCI11,
)
_OCI11_SWITCH = _refused_switch("experimental-oci11", why=_OCI11)
_HARDWARE_ROWS = (
    *_refused_switch("sk", why=_HARDWARE),
    *_refused("slot", why=_HARDWARE),
)
_TRUSTED_ROOT = Row(
    "trusted-root",
    Stance.MAPPED,
    "read and checked for its kind; a signature by key asks nothing of it",
    kind=Kind.FILE,
)

SIGN: tuple[Row, ...] = (
    *_GLOBAL,
    *_REGISTRY,
    *_HARDWARE_ROWS,
    *_implemented(
        "key",
        "annotations",
        "recursive",
        "sign-container-identity",
        "attachment-tag-prefix",
        "record-creation-timestamp",
        "output-signature",
        "output-payload",
        "bundle",
        "upload",
    ),
    _REFERRERS_MODE,
    _TRUSTED_ROOT,
    Row(
        "new-bundle-format",
        Stance.MAPPED,
        "--format bundle; =false is --format classic",
        kind=Kind.BOOL,
    ),
    Row(
        "signing-config",
        Stance.MAPPED,
        "read; without services it asks for what is done anyway, with services it is refused",
        kind=Kind.FILE,
    ),
    _switch(
        "use-signing-config",
        "=false is what is done anyway: no service is looked up",
        fine=_OFF,
        why="a signing config fetched over the network is not there in this version; "
        "give --use-signing-config=false or a --signing-config FILE without services",
    ),
    _switch(
        "tlog-upload",
        "=false is what is done anyway: nothing is sent to a log",
        fine=_OFF,
        why="a transparency log is not there in this version; give --tlog-upload=false",
    ),
    Row(
        "yes",
        Stance.MAPPED,
        "nothing is asked: no public log is written to",
        kind=Kind.BOOL,
        short="y",
    ),
    _switch("insecure-skip-verify", "nothing to skip: no certificate is asked for"),
    _switch("oidc-disable-ambient-providers", "done anyway: no identity token is looked for"),
    Row(
        "oidc-client-id",
        Stance.REFUSED,
        _KEYLESS,
        fine=("", "sigstore"),
        refusal=_KEYLESS,
    ),
    *_refused("rekor-url", why=_LOG, idle="tlog-upload=false"),
    *_refused(
        "fulcio-url",
        "fulcio-auth-flow",
        "identity-token",
        "oidc-issuer",
        "oidc-client-secret-file",
        "oidc-provider",
        "oidc-redirect-url",
        "output-certificate",
        why=_KEYLESS,
    ),
    *_refused_switch("issue-certificate", why=_KEYLESS),
    *_refused("certificate", "certificate-chain", "cert", "cert-chain", why=_CERTIFICATE),
    *_refused(
        "timestamp-server-url",
        "timestamp-client-cacert",
        "timestamp-client-cert",
        "timestamp-client-key",
        "timestamp-server-name",
        why=_TIMESTAMP,
    ),
    *_refused("attachment", why=_SBOM),
    *_refused(
        "payload",
        why="signing a payload from a file is not there in this version; "
        "leave it out, and the payload is made from the image and -a",
    ),
)

_LOCAL = "is not there in this version; verify what is in the registry"

VERIFY: tuple[Row, ...] = (
    *_GLOBAL,
    *_REGISTRY,
    *_HARDWARE_ROWS,
    *_OCI11_SWITCH,
    *_implemented(
        "key", "annotations", "output", "attachment-tag-prefix", "max-workers", "local-image"
    ),
    _TRUSTED_ROOT,
    Row(
        "new-bundle-format",
        Stance.MAPPED,
        "=true is --format both, as cosign 3.1 falls back to classic; =false is --format classic",
        kind=Kind.BOOL,
    ),
    Row(
        "signature-digest-algorithm",
        Stance.MAPPED,
        "every hash that cosign signs with is tried",
        fine=("", "sha256", "sha384", "sha512"),
        refusal="no cosign signs with that hash; leave it out, and SHA-256, SHA-384 and SHA-512 "
        "are tried",
    ),
    _switch(
        "insecure-ignore-tlog",
        "done anyway: a signature by key is judged without a log",
        fine=("true",),
        why="a transparency log is not there in this version; give --insecure-ignore-tlog",
    ),
    _switch("private-infrastructure", "done anyway: a signature by key is judged without a log"),
    _switch("offline", "done anyway: nothing but the registry is asked"),
    _switch("insecure-ignore-sct", "nothing to ignore: no certificate is believed"),
    _switch(
        "check-claims",
        "done always: a signature over another digest never counts",
        fine=("true",),
        why="a signature over another digest, or without the wanted annotations, never counts "
        "here; leave it out",
    ),
    *_refused_switch("use-signed-timestamps", why=_TIMESTAMP),
    *_refused("timestamp-certificate-chain", why=_TIMESTAMP),
    *_refused("rekor-url", why=_LOG, idle="insecure-ignore-tlog=true"),
    *_refused(
        "certificate-identity",
        "certificate-identity-regexp",
        "certificate-oidc-issuer",
        "certificate-oidc-issuer-regexp",
        "certificate-github-workflow-name",
        "certificate-github-workflow-ref",
        "certificate-github-workflow-repository",
        "certificate-github-workflow-sha",
        "certificate-github-workflow-trigger",
        why=_IDENTITY,
    ),
    *_refused(
        "certificate",
        "certificate-chain",
        "cert",
        "cert-chain",
        "ca-roots",
        "ca-intermediates",
        "sct",
        why=_CERTIFICATE,
    ),
    *_refused("attachment", why=_SBOM),
    *_refused("signature", why=f"verifying a signature from a file {_LOCAL}"),
    *_refused("payload", why=f"verifying a payload from a file {_LOCAL}"),
)

_KMS = (
    "key services are not there in this version; "
    "leave it out, and an encrypted key file is written for the secrets of your CI"
)

GENERATE_KEY_PAIR: tuple[Row, ...] = (
    *_GLOBAL,
    *_implemented("output-key-prefix"),
    *_refused("kms", why=_KMS),
)

IMPORT_KEY_PAIR: tuple[Row, ...] = (*_GLOBAL, *_implemented("key", "output-key-prefix", "yes"))

PUBLIC_KEY: tuple[Row, ...] = (*_GLOBAL, *_HARDWARE_ROWS, *_implemented("key", "outfile"))

TRIANGULATE: tuple[Row, ...] = (
    *_GLOBAL,
    *_REGISTRY,
    *_implemented("type", "attachment-tag-prefix"),
)

TREE: tuple[Row, ...] = (
    *_GLOBAL,
    *_REGISTRY,
    *_implemented("attachment-tag-prefix"),
    _switch("experimental-oci11", "done anyway: referrers are listed too"),
    Row(
        "registry-referrers-mode",
        Stance.MAPPED,
        "both places are looked at anyway",
        fine=("", "legacy", "oci-1-1"),
        refusal="it is none of legacy and oci-1-1; leave it out, and both places are looked at",
    ),
)

VERSION: tuple[Row, ...] = (*_GLOBAL, *_implemented("json"))

COMPLETION: tuple[Row, ...] = _GLOBAL


# What cosign has besides; its name is refused in words instead of as a misspelling.
OTHER_VERBS = frozenset(
    {
        "bundle",
        "env",
        "initialize",
        "login",
        "piv-tool",
        "pkcs11-tool",
        "signing-config",
        "trusted-root",
    }
)


def judge(rows: tuple[Row, ...], given: Given) -> None:
    """Raise UsageError for the first flag that asks for what is not there."""
    for row in rows:
        if row.fine is None or not given.said(row.flag):
            continue
        value = _written(row, given)
        if value in row.fine or (row.idle and _idle(row.idle, given)):
            continue
        raise UsageError(f"{given.called(row.flag)}: {row.refusal}")


def _written(row: Row, given: Given) -> str:
    if row.kind is Kind.BOOL:
        return "true" if given.flag(row.flag) else "false"
    return given.text(row.flag)


def _idle(beside: str, given: Given) -> bool:
    name, _, value = beside.partition("=")
    return given.said(name) and given.flag(name) is (value == "true")
