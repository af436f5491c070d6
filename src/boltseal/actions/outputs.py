"""What each action hands on to later steps and jobs; a test compares this with its YAML."""

from __future__ import annotations

SIGN_OUTPUTS = {
    "digest": "The digest that was signed, sha256:…; empty where there are several.",
    "digests": "A JSON object: each image as it was named, and its digest.",
    "images": "The signed images by digest, name@sha256:…, one a line.",
    "signatures": "Where the signatures stand, one reference a line.",
    "signed": "How many images were signed, an index's platform images among them.",
    "skipped": "How many had an equal signature already.",
    "failed": "How many could not be signed.",
    "key-fingerprint": "The public key's fingerprint: sha256: and the SHA-256 of its SPKI in hex.",
    "results": "The whole report as JSON.",
    "verify-command": "A command line that verifies the images, for cosign and boltseal alike.",
}
VERIFY_OUTPUTS = {
    "verified": "true if every image is trusted or was let through by allow, else false.",
    "digest": "The digest that was verified, sha256:…; empty for several and for a failure.",
    "digests": "A JSON object: each image that may go on as it was named, and its digest.",
    "pinned": "The images that may go on by digest, name@sha256:…, one a line, in input order.",
    "annotations": "A JSON object: for each of these images, what each trusted signature signed.",
    "failures": "A JSON array: image, platform, verdict, kind, reason and advice of each failure.",
    "report": "The whole report as JSON.",
}
ATTEST_OUTPUTS = {
    "digest": "The digest that was attested, sha256:…; empty where there are several.",
    "digests": "A JSON object: each image as it was named, and its digest.",
    "images": "The attested images by digest, name@sha256:…, one a line.",
    "attestations": "Where the attestations stand, one reference a line.",
    "predicate-type": "The URI of the type that was attested.",
    "attested": "How many images were attested, an index's platform images among them.",
    "skipped": "How many had an equal statement already.",
    "failed": "How many could not be attested.",
    "key-fingerprint": "The public key's fingerprint: sha256: and the SHA-256 of its SPKI in hex.",
    "results": "The whole report as JSON.",
    "verify-command": "A command line that verifies them, for cosign and boltseal alike.",
}
