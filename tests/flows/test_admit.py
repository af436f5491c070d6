"""Which images may go on: the trusted ones, and those let through with a reason."""

from __future__ import annotations

import pytest

from boltseal.core.names import Reference
from boltseal.core.verdict import ImageReport, Report, Verdict
from boltseal.errors import (
    BoltsealError,
    ImageNotFound,
    NoSignature,
    NotTrusted,
    Undecided,
    UsageError,
)
from boltseal.flows.admit import Admission, Exemption, admit, closing

ALL = (Verdict.NOT_TRUSTED, Verdict.UNDECIDED)
DIGEST = "sha256:" + "a" * 64
APP = "registry.example.com/team/app"


def _image(
    text: str = f"{APP}:v1",
    verdict: Verdict = Verdict.TRUSTED,
    error: BoltsealError | None = None,
    *,
    found: bool = True,
) -> ImageReport:
    reference = Reference.parse(text)
    pinned = Reference.parse(f"{reference.repository}@{DIGEST}") if found else None
    return ImageReport(text, verdict, resolved=pinned, reference=reference, error=error)


TRUSTED = _image()
UNSIGNED = _image(verdict=Verdict.NOT_TRUSTED, error=NoSignature("none"))
FOREIGN = _image(verdict=Verdict.NOT_TRUSTED, error=NotTrusted("another key"))
UNKNOWN = _image(verdict=Verdict.UNDECIDED, error=Undecided("503"))
ABSENT = _image(verdict=Verdict.NOT_TRUSTED, error=ImageNotFound("gone"), found=False)


def _admit(
    *images: ImageReport, allow: str = "", fail_on: tuple[Verdict, ...] = ALL
) -> tuple[Admission, ...]:
    exemptions = [Exemption.of(allow, "because")] if allow else []
    return admit(Report(images), exemptions=exemptions, fail_on=fail_on)


def test_a_trusted_image_goes_on_with_its_digest() -> None:
    """A trusted image is admitted and pinned, and there is no error."""
    (one,) = _admit(TRUSTED)
    assert one.admitted
    assert str(one.pinned) == f"{APP}@{DIGEST}"
    assert closing([one]) is None


@pytest.mark.parametrize("image", [UNSIGNED, FOREIGN, UNKNOWN, ABSENT])
def test_whatever_is_not_trusted_stops_the_job(image: ImageReport) -> None:
    """An image that is not trusted, or not decided, is neither admitted nor pinned."""
    (one,) = _admit(image)
    assert not one.admitted
    assert one.pinned is None
    assert closing([one]) is image.error


def test_a_definite_no_is_told_before_an_open_question() -> None:
    """Of several failures the gravest decides the exit code."""
    images = [
        ImageReport(f"{APP}:{n}", i.verdict, i.resolved, i.reference, error=i.error)
        for n, i in enumerate((UNKNOWN, UNSIGNED, FOREIGN))
    ]
    assert isinstance(closing(_admit(*images)), NotTrusted)


@pytest.mark.parametrize("pattern", [APP, f"{APP}:v*", "registry.example.com/**", f"{APP}@*"])
@pytest.mark.parametrize("image", [UNSIGNED, FOREIGN, UNKNOWN])
def test_an_exempt_image_goes_on_pinned(pattern: str, image: ImageReport) -> None:
    """An image that needs no signature goes on by its digest, with the reason kept."""
    (one,) = _admit(image, allow=pattern)
    assert one.admitted
    assert not one.trusted
    assert one.exempt == "because"
    assert one.pinned is not None


@pytest.mark.parametrize("pattern", ["registry.example.com/*", f"{APP}:v2", "team/app", "*/app"])
def test_an_exemption_covers_only_what_it_names(pattern: str) -> None:
    """A star stops at a slash, and a part of a name is not the name."""
    (one,) = _admit(UNSIGNED, allow=pattern)
    assert not one.admitted


def test_what_is_not_there_cannot_be_let_through() -> None:
    """An exemption needs a digest: a missing image stays a failure."""
    (one,) = _admit(ABSENT, allow="**")
    assert not one.admitted


def test_docker_hub_is_meant_by_both_its_names() -> None:
    """docker.io/library/* covers official images, which go by index.docker.io inside."""
    image = _image("redis:7", Verdict.NOT_TRUSTED, NoSignature("none"))
    (one,) = _admit(image, allow="docker.io/library/*")
    assert one.admitted


def test_an_exemption_has_a_reason() -> None:
    """Letting something through without saying why is wrong use."""
    with pytest.raises(UsageError, match="reason"):
        Exemption.of("docker.io/library/*", " ")


def test_what_does_not_stop_the_job_is_not_thereby_trusted() -> None:
    """With fail-on a verdict may be tolerated; such an image is not pinned."""
    (one,) = _admit(UNKNOWN, fail_on=(Verdict.NOT_TRUSTED,))
    assert one.admitted
    assert one.tolerated
    assert one.pinned is None
    (still,) = _admit(UNSIGNED, fail_on=(Verdict.NOT_TRUSTED,))
    assert not still.admitted


def test_one_platform_that_is_not_trusted_keeps_the_image_back() -> None:
    """An index goes on only if all its platform images may."""
    (one,) = _admit(TRUSTED, UNSIGNED)
    assert not one.admitted
    assert one.pinned is None
