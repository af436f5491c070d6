"""`dockerfile verify` and `manifest verify`: what a file names is what is verified."""

from __future__ import annotations

import pytest

from tests.cli.desk import Desk, Ran, push
from tests.support.registry import Registry


def _signed(desk: Desk, registry: Registry, *names: str) -> None:
    for name in names:
        image = push(registry, name, name)
        assert desk.run("sign", "--key", desk.path("release.key"), image).code == 0


def _verify(desk: Desk, kind: str, text: str, *flags: str, **environment: str) -> Ran:
    path = desk.write("file", text.encode())
    line = (kind, "verify", "--key", desk.path("release.pub"), *flags, path)
    return Desk(desk.folder, environment).run(*line)


def test_the_images_of_a_build_are_verified(desk: Desk, registry: Registry) -> None:
    """FROM and COPY --from count, stages and scratch do not, each told in cosign's words."""
    _signed(desk, registry, "base/a:v1", "base/c:v1")
    host = registry.host
    text = (
        f"ARG V=v1\nFROM {host}/base/a:$V AS build\nFROM scratch\n"
        f"COPY --from={host}/base/c:v1 /x /x\nCOPY --from=build /y /y\n"
    )
    ran = _verify(desk, "dockerfile", text)
    assert ran.code == 0, ran.err
    assert "- scratch image ignored\n" in ran.err
    assert f"Extracted image(s): {host}/base/a:v1, {host}/base/c:v1\n" in ran.err
    push(registry, "base/d:v1", "unsigned")
    assert _verify(desk, "dockerfile", f"{text}FROM {host}/base/d:v1\n").code == 10


def test_only_the_base_image_is_verified_on_demand(desk: Desk, registry: Registry) -> None:
    """--base-image-only follows the last FROM back through stages to its image."""
    _signed(desk, registry, "base/a:v1")
    push(registry, "base/d:v1", "unsigned")
    host = registry.host
    text = (
        f"FROM {host}/base/a:v1 \\\n  AS First\nFROM {host}/base/d:v1 AS other\n"
        "FROM first AS second\nFROM second\n"
    )
    assert _verify(desk, "dockerfile", text).code == 10
    ran = _verify(desk, "dockerfile", text, "--base-image-only")
    assert ran.code == 0, ran.err
    assert f"Extracted image(s): {host}/base/a:v1\n" in ran.err


def test_variables_come_from_the_environment(desk: Desk, registry: Registry) -> None:
    """A variable is filled as cosign fills it; one without a value leaves the run undecided."""
    _signed(desk, registry, "base/a:v1")
    text = f"ARG TAG\nFROM {registry.host}/base/a:$TAG\n"
    assert _verify(desk, "dockerfile", text, TAG="v1").code == 0
    ran = _verify(desk, "dockerfile", text)
    assert ran.code == 3
    assert "line 2: nobody can tell which image" in ran.err


POD = """\
apiVersion: v1
kind: Pod
spec:
  initContainers: [{{name: i, image: "{host}/app/init:v1"}}]
  containers: [{{name: a, image: "{host}/app/main:v1"}}]
---
apiVersion: batch/v1
kind: CronJob
spec: {{jobTemplate: {{spec: {{template: {{spec: {{containers: [{{name: j,
  image: "{host}/app/job:v1"}}]}}}}}}}}}}
"""


def test_the_images_of_a_manifest_are_verified(desk: Desk, registry: Registry) -> None:
    """Every container of every document counts, and one that is not signed is enough."""
    names = ("app/init:v1", "app/main:v1", "app/job:v1")
    text = POD.format(host=registry.host)
    _signed(desk, registry, *names[:2])
    push(registry, names[2], names[2])
    assert _verify(desk, "manifest", text).code == 10
    _signed(desk, registry, names[2])
    ran = _verify(desk, "manifest", text)
    assert ran.code == 0, ran.err
    assert all(name in ran.err for name in names)


@pytest.mark.parametrize("kind", ["dockerfile", "manifest"])
def test_a_file_without_images_opens_no_gate(desk: Desk, kind: str) -> None:
    """Nothing to verify is no success, and neither is a file that is not there."""
    ran = _verify(desk, kind, "# nothing\n")
    assert ran.code == 2
    assert "no images found" in ran.err
    line = (kind, "verify", "--key", desk.path("release.pub"), desk.path("missing"))
    assert desk.run(*line).code == 14


def test_a_folder_cannot_stand_in_for_a_registry(desk: Desk) -> None:
    """What looks like oci:FOLDER in a file is an image of that name, never a folder."""
    (desk.folder / "app").mkdir()
    text = "apiVersion: v1\nkind: Pod\nspec: {containers: [{name: a, image: 'oci:app'}]}\n"
    nowhere = {"HTTPS_PROXY": "http://127.0.0.1:1"}
    ran = _verify(desk, "manifest", text, "--retries", "0", **nowhere)
    assert ran.code == 3
    assert "Extracted image(s): index.docker.io/library/oci:app\n" in ran.err
