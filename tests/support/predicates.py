"""Predicates by the published specifications, one for each of cosign's types that is JSON."""

from __future__ import annotations

import json

_TIME = "2026-01-02T03:04:05Z"
_COMMIT = "0123456789abcdef0123456789abcdef01234567"
_SLSA_02 = {
    "builder": {"id": "https://example.com/builder"},
    "buildType": "https://example.com/build@v1",
    "invocation": {
        "configSource": {
            "uri": "git+https://example.com/app",
            "digest": {"sha1": _COMMIT},
            "entryPoint": "build",
        },
        "parameters": {"x": 1},
    },
    "metadata": {"buildInvocationId": "1", "buildStartedOn": _TIME, "reproducible": True},
    "materials": [{"uri": "git+https://example.com/app", "digest": {"sha1": _COMMIT}}],
}
GOOD: dict[str, bytes] = {
    name: json.dumps(value).encode()
    for name, value in {
        "slsaprovenance": _SLSA_02,
        "slsaprovenance02": _SLSA_02,
        "slsaprovenance1": {
            "buildDefinition": {
                "buildType": "https://example.com/build@v1",
                "externalParameters": {"ref": "main"},
                "resolvedDependencies": [
                    {"uri": "git+https://example.com/app", "digest": {"gitCommit": _COMMIT}}
                ],
            },
            "runDetails": {
                "builder": {"id": "https://example.com/builder"},
                "metadata": {"invocationId": "1", "startedOn": _TIME},
            },
        },
        "link": {
            "_type": "link",
            "name": "build",
            "materials": {"a": {"sha256": "00"}},
            "products": {},
            "byproducts": {"return-value": 0},
            "command": ["make"],
            "environment": {},
        },
        "spdxjson": {
            "SPDXID": "SPDXRef-DOCUMENT",
            "spdxVersion": "SPDX-2.3",
            "name": "app",
            "dataLicense": "CC0-1.0",
            "documentNamespace": "https://example.com/spdx/app",
            "creationInfo": {"created": _TIME, "creators": ["Tool: builder"]},
            "packages": [{"SPDXID": "SPDXRef-a", "name": "a<b", "downloadLocation": "NOASSERTION"}],
        },
        "cyclonedx": {
            "bomFormat": "CycloneDX",
            "specVersion": "1.5",
            "version": 1,
            "components": [{"type": "library", "name": "a & b", "version": "1"}],
        },
        "vuln": {
            "invocation": {"parameters": [], "uri": "https://example.com/1", "event_id": "1"},
            "scanner": {
                "uri": "pkg:scanner",
                "version": "1",
                "db": {"uri": "u", "version": "2"},
                "result": {"n": 0},
            },
            "metadata": {"scanStartedOn": _TIME, "scanFinishedOn": _TIME},
        },
        "openvex": {
            "@context": "https://openvex.dev/ns/v0.2.0",
            "@id": "https://example.com/vex/1",
            "author": "a",
            "timestamp": _TIME,
            "version": 1,
            "statements": [
                {"vulnerability": {"name": "CVE-2026-0001"}, "products": [], "status": "fixed"}
            ],
        },
    }.items()
}
