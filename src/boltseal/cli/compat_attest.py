"""Every flag of cosign's `attest` and `verify-attestation` (2.5 and 3.1, hidden ones too)."""

from __future__ import annotations

from boltseal.cli.compat import SIGN, VERIFY
from boltseal.cli.flags import Kind, Row, Stance

_OF_SIGN_ALONE = {
    "annotations",
    "sign-container-identity",
    "output-signature",
    "output-payload",
    "upload",
    "issue-certificate",
    "attachment",
    "payload",
}
_OF_VERIFY_ALONE = {
    "annotations",
    "attachment",
    "signature",
    "payload",
    "signature-digest-algorithm",
}
_POLICY = (
    "policies in CUE and Rego are not evaluated here; ask with --where, which may be given again, "
    "such as --where '/predicate/buildDefinition/buildType=https://example.com/build@v1'"
)

ATTEST: tuple[Row, ...] = (
    *(row for row in SIGN if row.flag not in _OF_SIGN_ALONE),
    *(Row(name, Stance.IMPLEMENTED) for name in ("predicate", "type", "statement", "no-upload")),
    Row(
        "replace",
        Stance.MAPPED,
        "--on-existing replace: what this key attested before of the same type goes",
        kind=Kind.BOOL,
    ),
    Row(
        "rekor-entry-type",
        Stance.MAPPED,
        "nothing is sent to a log, so its entry has no type",
        fine=("", "dsse", "intoto"),
        refusal="it is neither dsse nor intoto; leave it out, nothing is sent to a log",
    ),
)

VERIFY_ATTESTATION: tuple[Row, ...] = (
    *(row for row in VERIFY if row.flag not in _OF_VERIFY_ALONE),
    Row("type", Stance.IMPLEMENTED),
    Row("policy", Stance.REFUSED, _POLICY, fine=("",), refusal=_POLICY),
)
