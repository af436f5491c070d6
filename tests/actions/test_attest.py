"""The action `attest`, and what `verify` asks of attestations, against a registry on loopback."""

from __future__ import annotations

import base64
import json
import shlex

import pytest
import requests

from boltseal.actions.outputs import ATTEST_OUTPUTS
from boltseal.errors import (
    ImageNotFound,
    Malformed,
    NoSignature,
    NotTrusted,
    PasswordError,
    Refused,
    UsageError,
)
from boltseal.formats.predicates import SLSA_1, TYPES
from tests.actions.desk import SHA, Desk
from tests.support.predicates import GOOD

WORKFLOW = {"GITHUB_WORKFLOW_REF": "owner/project/.github/workflows/release.yml@refs/tags/v1"}


@pytest.fixture
def image(desk: Desk) -> str:
    """Push and sign one image, put an SBOM beside it in the workspace, and return it by digest."""
    (desk.folder / "bom.json").write_bytes(GOOD["cyclonedx"])
    desk.environment.update(WORKFLOW)
    pinned = f"{desk.name}@{desk.push()}"
    assert desk.sign(images=pinned).error is None
    return pinned


def _statement(desk: Desk, image: str) -> dict[str, object]:
    """Read the statement of the first layer under the image's .att tag."""
    tag = image.partition("@")[2].replace(":", "-") + ".att"
    url = f"http://{desk.registry.host}/v2/team/app"
    accept = {"Accept": "application/vnd.oci.image.manifest.v1+json"}
    manifest = requests.get(f"{url}/manifests/{tag}", headers=accept, timeout=10).json()
    layer = requests.get(f"{url}/blobs/{manifest['layers'][0]['digest']}", timeout=10).json()
    value = json.loads(base64.b64decode(layer["payload"]))
    assert isinstance(value, dict)
    return value


def test_an_sbom_is_attested_and_demanded(desk: Desk, image: str) -> None:
    """Outputs say what was attested and where; verify lets an image go on that has it."""
    told = desk.attest(images=f"{desk.name}:v1", type="cyclonedx", predicate="bom.json")
    assert told.error is None
    out = told.outputs
    assert set(out) == set(ATTEST_OUTPUTS)
    assert out["images"].endswith(image.partition("@")[2])
    assert out["predicate-type"] == TYPES["cyclonedx"]
    assert (out["attested"], out["skipped"], out["failed"]) == ("1", "0", "0")
    assert len(out["attestations"].splitlines()) == 2
    words = shlex.split(out["verify-command"])
    assert words[:4] == ["cosign", "verify-attestation", "--key", "cosign.pub"]
    assert TYPES["cyclonedx"] in told.summary
    told = desk.verify(images=image, attestations="cyclonedx")
    assert told.error is None
    assert told.outputs["pinned"] == image
    assert json.loads(told.outputs["annotations"])[image][0]["commit"] == SHA


def test_provenance_of_the_run_needs_no_file(desk: Desk, image: str) -> None:
    """With type slsaprovenance1 alone, what this run builds from is attested."""
    assert desk.attest(images=image, type="slsaprovenance1").error is None
    statement = _statement(desk, image)
    assert statement["predicateType"] == SLSA_1
    predicate = statement["predicate"]
    assert isinstance(predicate, dict)
    (source,) = predicate["buildDefinition"]["resolvedDependencies"]
    assert source["digest"] == {"gitCommit": SHA}
    assert desk.attest(images=image, type="slsaprovenance1").outputs["skipped"] == "1"


@pytest.mark.parametrize("wanted", ["cyclonedx", "slsaprovenance1, cyclonedx"])
def test_an_image_without_the_attestation_is_stopped(desk: Desk, image: str, wanted: str) -> None:
    """A good signature is not enough where a type is demanded and one of them lacks."""
    assert desk.attest(images=image, type="slsaprovenance1").error is None
    told = desk.verify(images=image, attestations=wanted)
    assert isinstance(told.error, NoSignature | NotTrusted)
    assert told.outputs["verified"] == "false"
    assert told.outputs["pinned"] == ""
    (failure,) = json.loads(told.outputs["failures"])
    assert TYPES["cyclonedx"] in failure["reason"]


def test_an_attestation_by_another_key_does_not_count(desk: Desk, image: str) -> None:
    """Who may attest is who may sign: the keys that are given."""
    more = {"type": "cyclonedx", "predicate": "bom.json", "key": "other.key"}
    assert desk.attest(images=image, **more).error is None
    assert isinstance(desk.verify(images=image, attestations="cyclonedx").error, NotTrusted)


def test_an_attestation_is_no_signature(desk: Desk) -> None:
    """An image that was attested and not signed is stopped by the signature that it lacks."""
    (desk.folder / "bom.json").write_bytes(GOOD["cyclonedx"])
    image = f"{desk.name}@{desk.push('unsigned')}"
    assert desk.attest(images=image, type="cyclonedx", predicate="bom.json").error is None
    assert isinstance(desk.verify(images=image, attestations="cyclonedx").error, NoSignature)


def test_platform_images_are_demanded_to_have_it_too(desk: Desk) -> None:
    """With recursive, each platform image must be attested like its index."""
    desk.environment.update(WORKFLOW)
    digest, _ = desk.push_index("multi", "amd64", "arm64")
    image = f"{desk.name}@{digest}"
    assert desk.sign(images=image).error is None
    kind = {"type": "slsaprovenance1"}
    assert desk.attest(images=image, **kind).error is None
    asked = {"images": image, "attestations": "slsaprovenance1"}
    assert desk.verify(**asked).error is None
    assert isinstance(desk.verify(**asked, recursive="true").error, NoSignature)
    assert desk.attest(images=image, **kind, recursive="true").outputs["attested"] == "2"
    assert desk.verify(**asked, recursive="true").error is None


def test_one_image_that_is_not_there_does_not_hide_the_others(desk: Desk, image: str) -> None:
    """Every image is on its own; the missing one is named and counted."""
    told = desk.attest(images=f"{desk.name}:none\n{image}", type="slsaprovenance1")
    assert isinstance(told.error, ImageNotFound)
    assert (told.outputs["attested"], told.outputs["failed"]) == ("1", "1")
    assert told.outputs["images"] == image


def test_a_predicate_that_breaks_its_rules_stops_it(desk: Desk, image: str) -> None:
    """The path to the fault is told; schema-check: false signs it as it is."""
    (desk.folder / "bom.json").write_bytes(b'{"bomFormat": "CycloneDX"}')
    asked = {"images": image, "type": "cyclonedx", "predicate": "bom.json"}
    with pytest.raises(Malformed, match="/specVersion is missing"):
        desk.attest(**asked)
    told = desk.attest(**asked, schema_check="false")
    assert told.error is None
    assert any("not compared" in command.message for command in told.commands)


@pytest.mark.parametrize(
    ("more", "kind"),
    [
        ({"type": "cyclonedx"}, UsageError),
        ({"type": "no type"}, UsageError),
        ({"predicate": "../outside.json"}, UsageError),
        ({"images": "", "type": "slsaprovenance1"}, UsageError),
        ({"type": "slsaprovenance1", "password": "wrong"}, PasswordError),
    ],
)
def test_wrong_use_stops_it_before_anything_is_signed(
    desk: Desk, image: str, more: dict[str, str], kind: type[Exception]
) -> None:
    """A missing file, an unknown type, a path out of the workspace: nothing is signed."""
    with pytest.raises(kind):
        desk.attest(**{"images": image, **more})


def test_a_pull_request_gets_no_attestation(desk: Desk, image: str) -> None:
    """A run for a pull request is refused before the key is opened."""
    desk.environment["GITHUB_EVENT_NAME"] = "pull_request"
    with pytest.raises(Refused, match="allow-pull-request"):
        desk.attest(images=image, type="slsaprovenance1", key="no.key")


def test_a_dry_run_attests_nothing(desk: Desk, image: str) -> None:
    """What would be attested is told, and verify still misses it."""
    assert desk.attest(images=image, type="slsaprovenance1", dry_run="true").error is None
    assert isinstance(desk.verify(images=image, attestations="slsaprovenance1").error, NoSignature)
