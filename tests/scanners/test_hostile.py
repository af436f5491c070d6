"""Whatever a pull request puts into a file, a scanner answers, or raises an error of ours, soon."""

from __future__ import annotations

import json
import re
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from boltseal.errors import BoltsealError, Malformed, UsageError
from boltseal.scanners import Finding, Options
from boltseal.scanners.open import KINDS, decode, scan
from tests.scanners.bombs import BOMBS, SLOW
from tests.scanners.cases import cases

# Seconds of this process's own work, whatever else the machine does: what is quadratic takes hours.
SOON = 60.0
TEXTS = [case.text for case in cases()]
QUIET = settings(deadline=None, max_examples=120, suppress_health_check=[HealthCheck.too_slow])
PATHS = {
    "dockerfile": "Dockerfile",
    "workflow": ".github/workflows/x.yml",
    "gitlab": ".gitlab-ci.yml",
    "devcontainer": ".devcontainer.json",
    "compose": "compose.yml",
    "kustomize": "kustomization.yaml",
    "tekton": "t.yaml",
    "kubernetes": "k.yaml",
    "helm": "values.yaml",
}
NAMES = st.sampled_from(
    sorted({word for text in TEXTS for word in re.findall(r"[A-Za-z_]{3,}(?=[\"']?:)", text)})
)
WORDS = """
v1 apps/v1 tekton.dev/v1 x.io/v1 Pod Task PipelineRun List alpine:3 $X ${X:-$Y} $(params.a) docker
docker://a:1 name .b ${{matrix.a}} {{x}} FROM\ta:1\rRUN\t<<E
[{op:\tadd,\tpath:\t/image,\tvalue:\tx}]
"""
LEAVES = (
    st.sampled_from(re.findall(r"[^ \n]+", WORDS))
    | st.none()
    | st.integers()
    | st.booleans()
    | st.text(max_size=8)
)
JUNK = st.text("\t\n\r\"'{}[]:&*<>$\\`#-|!%@ A\x85\u2028\ufeff", max_size=6)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=25,
)


def answered(kind: str, text: str) -> tuple[Finding, ...]:
    """Scan a text as one kind of file; only our own errors may come out."""
    options = Options(variables={"X": "x"}, build_args={"X": "$X"})
    try:
        return scan(PATHS[kind], text, kinds=[kind], options=options, claimed=True)
    except BoltsealError:
        return ()


@pytest.mark.parametrize("kind", KINDS)
@QUIET
@given(text=st.text(max_size=400))
def test_arbitrary_text_raises_nothing_foreign(kind: str, text: str) -> None:
    """No text makes a scanner raise anything but an error of ours."""
    answered(kind, text)


@pytest.mark.parametrize("kind", KINDS)
@QUIET
@given(value=st.dictionaries(NAMES, VALUES, max_size=6))
def test_any_structure_raises_nothing_foreign(kind: str, value: object) -> None:
    """No structure of known names makes a scanner raise anything foreign."""
    text = json.dumps(value)
    for finding in answered(kind, text):
        assert (finding.reference is not None) == (finding.status == "image")


@pytest.mark.parametrize("kind", KINDS)
@QUIET
@given(text=st.sampled_from(TEXTS), at=st.integers(0, 3000), junk=JUNK)
def test_a_damaged_file_raises_nothing_foreign(kind: str, text: str, at: int, junk: str) -> None:
    """No damage to a real-shaped file makes a scanner of any kind raise anything foreign."""
    at = min(at, len(text))
    answered(kind, text[:at] + junk + text[at + len(junk) // 2 :])


@pytest.mark.parametrize("name", BOMBS)
@pytest.mark.parametrize("kind", ["kubernetes", "compose", "helm", "gitlab"])
def test_a_bomb_is_refused_soon(kind: str, name: str) -> None:
    """Aliases, depth, size, NULs and invalid YAML end in one error of ours, within seconds."""
    began = time.process_time()
    with pytest.raises(Malformed, match=PATHS[kind].replace(".", r"\.")):
        scan(PATHS[kind], BOMBS[name], kinds=[kind], claimed=True)
    assert time.process_time() - began < SOON


@pytest.mark.parametrize(("kind", "text"), [(k, t) for k, texts in SLOW.items() for t in texts])
def test_no_file_keeps_a_scanner_busy(kind: str, text: str) -> None:
    """Files made to be slow to read are answered or refused within seconds."""
    began = time.process_time()
    answered(kind, text)
    assert time.process_time() - began < SOON


def test_bytes_that_are_no_text_are_refused() -> None:
    """Bytes that are not UTF-8, or too many, are refused with the file's name."""
    assert decode("a.yaml", "ä".encode()) == "ä"
    for data in (b"\xff\xfe", b"a" * (5 * 1024 * 1024 + 1)):
        with pytest.raises(Malformed, match=r"a\.yaml"):
            decode("a.yaml", data)


@pytest.mark.parametrize(
    "path", ["/etc/x.yaml", "../x.yaml", "a//b.yaml", "a\\b.yaml", "./x.yaml", "x\0.yaml"]
)
def test_a_path_outside_the_repository_is_refused(path: str) -> None:
    """A path that leaves the repository, or is not spelled in the one way, is a wrong use."""
    with pytest.raises(UsageError, match="path inside the repository"):
        scan(path, "FROM a", kinds=["dockerfile"], claimed=True)
