"""cosign's files about services: read, so that one which asks for a service is refused by name."""

from __future__ import annotations

from typing import Any

from boltseal.cli.files import load
from boltseal.cli.flags import Given
from boltseal.core.reading import parse_object
from boltseal.errors import Malformed, UsageError

# Source: protobuf-specs, SigningConfig v0.2; v0.1 has one URL for each in place of a list.
_SERVICES = {
    "caUrls": "a certificate authority",
    "caUrl": "a certificate authority",
    "oidcUrls": "an identity provider",
    "oidcUrl": "an identity provider",
    "rekorTlogUrls": "a transparency log",
    "tlogUrls": "a transparency log",
    "tsaUrls": "a timestamp authority",
}
_SIGNING_CONFIG = "application/vnd.dev.sigstore.signingconfig."
_TRUSTED_ROOT = "application/vnd.dev.sigstore.trustedroot"


def check_files(given: Given) -> None:
    """Read --signing-config and --trusted-root where they are given; raise UsageError or Malformed.

    A signing config without services asks for what is done anyway.
    """
    if given.text("signing-config"):
        _check_config(_read(given, "signing-config", _SIGNING_CONFIG))
    if given.text("trusted-root"):
        _read(given, "trusted-root", _TRUSTED_ROOT)


def _read(given: Given, name: str, family: str) -> dict[str, Any]:
    path = given.text(name)
    value = parse_object(load(path), what=f"{given.called(name)} {path}")
    kind = value.get("mediaType")
    if not isinstance(kind, str) or not kind.startswith(family):
        raise Malformed(
            f"{given.called(name)} {path} is not of type {family}*; see that the file is right"
        )
    return value


def _check_config(value: dict[str, Any]) -> None:
    for member, service in _SERVICES.items():
        if value.get(member):
            raise UsageError(
                f"--signing-config asks for {service} ({_url(value[member])}), and services are "
                "not there in this version; give a config without services"
            )


def _url(service: Any) -> str:
    first = service[0] if isinstance(service, list) else service
    url = first.get("url") if isinstance(first, dict) else first
    return url[:200] if isinstance(url, str) else "no URL"
