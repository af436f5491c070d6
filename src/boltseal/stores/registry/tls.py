"""TLS settings of this run turned into contexts: whom we trust, and who we say that we are."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path

from boltseal.errors import FileUnusable, UsageError


@dataclass(frozen=True, slots=True)
class TLS:
    """Files and names of TLS.

    `ca_file` replaces what the machine trusts, as cosign's `--registry-cacert` does. The client
    certificate and `server_name` (the name to ask for and to find in the certificate) are meant
    for the registry alone. `unverified` accepts any certificate from any host.
    """

    ca_file: Path | None = None
    ca_folder: Path | None = None
    client_cert: Path | None = None
    client_key: Path | None = None
    server_name: str | None = None
    unverified: bool = False

    def context(self, *, foreign: bool, unverified: bool) -> ssl.SSLContext:
        """Build a context; raise FileUnusable where a file cannot be used."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols(["http/1.1"])
        if self.unverified or unverified:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        else:
            self._trust(context)
        if not foreign:
            self._identify(context)
        return context

    def _trust(self, context: ssl.SSLContext) -> None:
        if self.ca_file is None and self.ca_folder is None:
            _trust_machine(context)
            return
        try:
            context.load_verify_locations(self.ca_file, self.ca_folder)
        except (OSError, ssl.SSLError) as error:
            shown = self.ca_file or self.ca_folder
            raise FileUnusable(
                f"the CA certificates in {shown} cannot be used ({_short(error)}); "
                "it has to be a file of PEM certificates"
            ) from error

    def _identify(self, context: ssl.SSLContext) -> None:
        if self.client_cert is None:
            if self.client_key is not None:
                raise UsageError("a client key was given without its client certificate")
            return
        try:
            # The callback keeps OpenSSL from asking for a password on the terminal.
            context.load_cert_chain(self.client_cert, self.client_key, password=lambda: "")
        except (OSError, ssl.SSLError) as error:
            raise FileUnusable(
                f"the client certificate {self.client_cert} and its key cannot be used "
                f"({_short(error)}); both have to be PEM, belong together, and be without password"
            ) from error


def _trust_machine(context: ssl.SSLContext) -> None:
    """Trust what the machine trusts; certifi's list where the machine has no readable one."""
    context.load_default_certs()
    if not context.cert_store_stats()["x509_ca"]:
        import certifi

        context.load_verify_locations(certifi.where())


def _short(error: Exception) -> str:
    reason = getattr(error, "reason", None) or getattr(error, "strerror", None)
    return str(reason or type(error).__name__).lower()
