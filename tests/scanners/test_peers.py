"""Docker Compose and kustomize, the programs themselves, name the same images as the scanners."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from boltseal.core.names import Reference
from boltseal.scanners import Options
from boltseal.scanners.open import scan
from tests.peers.programs import require
from tests.scanners.cases import cases

pytestmark = pytest.mark.peers

COMPOSE = """
x-app: &app
  image: ghcr.io/acme/app:5
services:
  anchored: {<<: *app}
  own: {<<: *app, image: ghcr.io/acme/own:5}
  given: {image: "a:${GIVEN}"}
  unbraced: {image: "b:$GIVEN"}
  fallback: {image: "c:${UNSET:-3}"}
  nested: {image: "d:${UNSET:-${ALSO_UNSET:-4}}"}
  empty: {image: "e:${EMPTY:-5}"}
  only_unset: {image: "f${EMPTY-x}:6"}
  plus: {image: "g${GIVEN:+-set}${UNSET+-not}:7"}
  required: {image: "h:${GIVEN?give it}"}
  based: {extends: own, command: x}
  built: {build: {context: ., additional_contexts: {b: "docker-image://i:8"}}}
  profiled: {image: "j:9", profiles: [debug]}
  image_volume: {image: "k:10", volumes: [{type: image, source: "l:11", target: /l}]}
"""
VARIABLES = {"GIVEN": "1", "EMPTY": ""}

POD = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {a: b}}
  template:
    metadata: {labels: {a: b}}
    spec:
      containers:
        - {name: a, image: "app:1"}
        - {name: b, image: "nginx"}
        - {name: c, image: "side/car:1"}
        - {name: d, image: "old:1"}
"""
PATCHES = """
  - target: {kind: Deployment}
    patch: |
      - op: replace
        path: /spec/template/spec/containers/3/image
        value: ghcr.io/acme/patched:3
"""


def images(path: str, text: str, *, options: Options | None = None) -> set[Reference]:
    """Scan a file and give its images; nothing in it may stay open."""
    found = scan(path, text, options=options)
    assert not [finding for finding in found if finding.status == "unresolved"]
    return {finding.reference for finding in found if finding.reference}


def test_docker_compose_names_the_same_images(tmp_path: Path) -> None:
    """The images of `docker-compose config`, interpolated and merged, are those of the scanner."""
    program = require("docker-compose")
    (tmp_path / "compose.yml").write_text(COMPOSE, "utf-8")
    args = ["-f", "compose.yml", "--profile", "*", "config", "--format", "json"]
    told = json.loads(program.run(args, cwd=tmp_path, env=VARIABLES).check().stdout)
    services = told["services"].values()
    theirs = {Reference.parse(one["image"]) for one in services if "image" in one}
    theirs |= {Reference.parse("i:8"), Reference.parse("l:11")}
    assert "docker-image://i:8" in json.dumps(told)
    assert '"source": "l:11"' in json.dumps(told)
    assert images("compose.yml", COMPOSE, options=Options(variables=VARIABLES)) == theirs


def test_docker_compose_reads_the_corpus_alike(tmp_path: Path) -> None:
    """For every Compose file of the corpus without open texts, the program finds no other image."""
    program = require("docker-compose")
    seen = 0
    for case in cases():
        found = scan(case.path, case.text, options=case.options)
        if not case.name.startswith("compose/") or any(f.status == "unresolved" for f in found):
            continue
        (tmp_path / "compose.yml").write_bytes(case.text.split("\n---")[0].encode())
        (tmp_path / "worker.Dockerfile").touch()
        args = ["-f", "compose.yml", "--profile", "*", "config", "--format", "json"]
        ran = program.run(args, cwd=tmp_path, env=dict(case.options.variables)).check()
        services = json.loads(ran.stdout)["services"].values()
        pulled = [one for one in services if one.get("pull_policy") != "build"]
        theirs = {Reference.parse(one["image"]) for one in pulled if "image" in one}
        assert theirs <= {finding.reference for finding in found}
        seen += 1
    assert seen >= 3


def test_kustomize_builds_the_same_images(tmp_path: Path) -> None:
    """The images in what `kustomize build` prints are those that the scanner finds in its input."""
    program = require("kustomize")
    digest = "sha256:" + "4f" * 32
    text = f"""
resources: [pod.yaml]
images:
  - {{name: app, newName: ghcr.io/acme/app, newTag: v2}}
  - {{name: nginx, newTag: "1.27"}}
  - {{name: side/car, digest: "{digest}"}}
patches:{PATCHES}"""
    (tmp_path / "kustomization.yaml").write_text(text, "utf-8")
    (tmp_path / "pod.yaml").write_text(POD, "utf-8")
    built = program.run(["build", "."], cwd=tmp_path).check().stdout
    assert images("built.yaml", built) == images("kustomization.yaml", text)


def test_kustomize_refuses_a_number_as_a_tag(tmp_path: Path) -> None:
    """A tag that YAML reads as a number is refused by kustomize, and left open by the scanner."""
    program = require("kustomize")
    text = "resources: [pod.yaml]\nimages: [{name: app, newTag: 1.20}]\n"
    (tmp_path / "kustomization.yaml").write_text(text, "utf-8")
    (tmp_path / "pod.yaml").write_text(POD, "utf-8")
    assert program.run(["build", "."], cwd=tmp_path).returncode != 0
    assert [f.status for f in scan("kustomization.yaml", text)] == ["unresolved"]
