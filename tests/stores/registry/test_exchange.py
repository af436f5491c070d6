"""Requests and answers as values."""

from __future__ import annotations

import pytest

from boltseal.errors import RegistryError
from boltseal.stores.registry.exchange import Failure, Request, Response, answered, shown_url


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (
            "https://a/v2/x?digest=sha256:aa&_state=SECRET",
            "https://a/v2/x?digest=sha256:aa&_state=…",
        ),
        ("https://u:SECRET@a:1/x", "https://a:1/x"),
        ("https://s3/x?X-Amz-Signature=SECRET&sig=SECRET", "https://s3/x?X-Amz-Signature=…&sig=…"),
        (
            "https://a/t?scope=repository:a/b:pull,push",
            "https://a/t?scope=repository:a/b:pull,push",
        ),
        ("https://[/", "(unreadable URL)"),
    ],
)
def test_a_url_is_shown_without_what_may_be_secret(url: str, shown: str) -> None:
    """User information and the values of unknown parameters never reach a log."""
    assert shown_url(url) == shown


def test_the_repr_of_a_request_holds_no_header_and_no_body() -> None:
    """A request in a log or a traceback gives nothing away."""
    request = Request(
        "POST",
        "https://a/t?x=SECRET",
        (("Authorization", "Basic SECRET"),),
        b"refresh_token=SECRET",
    )
    assert "SECRET" not in repr(request)
    assert "SECRET" not in repr(
        Response(200, (("Set-Cookie", "SECRET"),), b"SECRET", "http://SECRET")
    )


def test_headers_are_set_and_dropped_whatever_their_case() -> None:
    """`with_headers` replaces a header once, and None drops it."""
    request = Request("GET", "https://a", (("authorization", "x"), ("Accept", "y")))
    assert request.with_headers(Authorization=None).headers == (("Accept", "y"),)
    assert request.with_headers(Authorization="z").headers == (
        ("Accept", "y"),
        ("Authorization", "z"),
    )


def test_post_is_not_repeatable_unless_it_says_so() -> None:
    """A lost answer to a POST is asked for again only where that is said to be harmless."""
    assert Request("GET", "https://a").may_repeat
    assert Request("PUT", "https://a").may_repeat
    assert not Request("POST", "https://a").may_repeat
    assert not Request("PATCH", "https://a").may_repeat
    assert Request("POST", "https://a", repeatable=True).may_repeat


def test_no_answer_becomes_an_error_that_names_host_and_cause() -> None:
    """The error has the host, the request without secrets, the cause, and what to do."""
    request = Request("GET", "https://reg:5000/v2/a?sig=SECRET")
    with pytest.raises(
        RegistryError, match=r"reg:5000 did not answer GET .*not trusted.*CA"
    ) as told:
        answered(request, Failure("certificate", "its certificate is not trusted: expired"))
    assert "SECRET" not in str(told.value)
    with pytest.raises(RegistryError, match="says nothing about whether the image is signed"):
        answered(request, Failure("timeout", "it did not answer"))
