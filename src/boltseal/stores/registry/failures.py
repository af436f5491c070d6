"""What requests, urllib3 and the operating system raise, told as one clause and one kind."""

from __future__ import annotations

import errno
import http.client
import re
import socket
import ssl

import requests
import urllib3.exceptions as lower

from boltseal.stores.registry.exchange import Failure
from boltseal.stores.registry.sockets import WrongAddress


def failure_of(error: BaseException, *, deadline_passed: bool) -> Failure:
    """Translate an exception of an attempt; nothing of a URL or a header gets into the words."""
    chain = _chain(error)
    for cause in chain:
        if isinstance(cause, WrongAddress):
            return Failure("address", f"{cause}, which is refused")
    for cause in chain:
        if isinstance(cause, ssl.SSLCertVerificationError):
            reason = cause.verify_message or "certificate verify failed"
            return Failure("certificate", f"its certificate is not trusted: {reason}")
        if isinstance(cause, ssl.CertificateError):
            return Failure("certificate", "its certificate is for another name")
    return _connection(chain) or _broken(chain, deadline_passed=deadline_passed)


def _connection(chain: list[BaseException]) -> Failure | None:
    for cause in chain:
        if isinstance(cause, lower.NameResolutionError | socket.gaierror):
            again = _dns_number(chain) == socket.EAI_AGAIN
            return Failure("connect" if again else "name", "its name was not found (DNS)")
        if isinstance(cause, lower.ProxyError | requests.exceptions.ProxyError):
            return Failure("connect", f"the proxy could not be used ({_number(chain)})")
        if isinstance(cause, requests.exceptions.ConnectTimeout):
            return Failure("connect", "connecting took too long")
        if isinstance(cause, lower.NewConnectionError):
            return Failure("connect", f"the connection failed: {_number(chain)}")
    return None


def _broken(chain: list[BaseException], *, deadline_passed: bool) -> Failure:
    for cause in chain:
        if isinstance(cause, ssl.SSLEOFError | ssl.SSLZeroReturnError):
            return Failure("tls", "the TLS connection was cut")
        if isinstance(cause, ssl.SSLError):
            return Failure("tls", f"TLS failed: {(cause.reason or 'error').lower()}")
        if isinstance(cause, TimeoutError | lower.ReadTimeoutError | lower.TimeoutError):
            word = "in the time allowed" if deadline_passed else "for too long"
            return Failure("timeout", f"it did not answer, or not to the end, {word}")
        if isinstance(cause, http.client.LineTooLong) or "got more than" in str(cause):
            return Failure("protocol", "its answer has too many or too long headers")
        if isinstance(cause, http.client.RemoteDisconnected | ConnectionError):
            return Failure("broken", "the connection was closed before the answer was complete")
        if isinstance(cause, lower.IncompleteRead | http.client.IncompleteRead):
            return Failure("broken", "the answer was cut")
        if isinstance(cause, http.client.BadStatusLine):
            return Failure("protocol", "it does not speak HTTP")
        if isinstance(cause, requests.exceptions.InvalidURL | lower.LocationValueError):
            return Failure("protocol", "the URL is not usable")
    return Failure("broken", f"the connection failed ({type(chain[-1]).__name__})")


def _dns_number(chain: list[BaseException]) -> int | None:
    return next((cause.errno for cause in chain if isinstance(cause, socket.gaierror)), None)


def _number(chain: list[BaseException]) -> str:
    for cause in reversed(chain):
        refused = re.match(r"Tunnel connection failed: ([0-9]{3})", str(cause))
        if refused:
            return f"it answered {refused[1]}"
        if isinstance(cause, OSError) and cause.errno:
            name = errno.errorcode.get(cause.errno, str(cause.errno))
            return f"{cause.strerror or name}".lower()
    return "no answer"


def _chain(error: BaseException) -> list[BaseException]:
    """List an exception and what caused it, as arguments, reasons, causes and contexts tell."""
    found: list[BaseException] = []
    waiting = [error]
    while waiting and len(found) < 20:
        current = waiting.pop(0)
        if any(current is known for known in found):
            continue
        found.append(current)
        around = (
            *current.args,
            getattr(current, "reason", None),
            current.__cause__,
            current.__context__,
        )
        waiting.extend(item for item in around if isinstance(item, BaseException))
    return found
