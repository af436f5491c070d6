"""Which scanners read a file, and what callers may ask for."""

from __future__ import annotations

import pytest

from boltseal.core.places import Place
from boltseal.errors import Malformed, UsageError
from boltseal.scanners import Options, Rule
from boltseal.scanners.open import KINDS, choose, likely, scan, scanner
from tests.scanners.cases import cases

POD = "apiVersion: v1\nkind: Pod\nspec: {containers: [{image: a:1}]}\n"


@pytest.mark.parametrize(
    ("path", "text", "kinds"),
    [
        ("Dockerfile", "", ["dockerfile"]),
        ("a/Dockerfile.prod", "", ["dockerfile"]),
        ("a/prod.dockerfile", "", ["dockerfile"]),
        ("a/Containerfile", "", ["dockerfile"]),
        ("Dockerfile.dockerignore", "", []),
        ("docs/Dockerfile.md", "", []),
        ("src/dockerfile_parser.py", "", ["dockerfile"]),
        (".github/workflows/a.yml", "", ["workflow"]),
        (".github/workflows/sub/a.yml", "", []),
        ("x/action.yaml", "runs:\n", ["workflow"]),
        ("compose.yaml", "", ["compose"]),
        ("a/docker-compose.override.yml", "", ["compose"]),
        ("stack.yml", "services:\n  a:\n    image: b\n", ["compose"]),
        ("openapi.yml", "services: []\nimage: x\n", []),
        (".gitlab-ci.yml", "services:\n  - image: b\n", ["gitlab"]),
        ("k8s/a.yaml", POD, ["kubernetes"]),
        ("k8s/a.txt", POD, []),
        ("kustomization.yaml", "", ["kustomize"]),
        ("chart/values.yaml", "image: a\n", ["helm"]),
        ("chart/templates/x.yaml", "image: {{ a }}\n", ["helm"]),
        (".devcontainer/devcontainer.json", "{}", ["devcontainer"]),
        ("package.json", "{}", []),
    ],
)
def test_a_file_is_claimed_by_its_path_or_its_text(path: str, text: str, kinds: list[str]) -> None:
    """Scanners claim files by their names, and by their text where names do not tell."""
    assert [one.name for one in choose(path, text)] == kinds


def test_every_file_of_the_corpus_that_is_claimed_is_likely() -> None:
    """No file that a scanner claims is passed over by its path alone."""
    for case in cases():
        assert likely(case.path) or not choose(case.path, case.text)
    assert not likely("src/main.py")


def test_a_caller_may_say_what_a_file_is() -> None:
    """A file is read as the kind that the caller names, whatever it is called."""
    found = scan("build/instructions", "FROM a:1\n", kinds=["dockerfile"], claimed=True)
    assert [finding.text for finding in found] == ["a:1"]
    assert scan("build/instructions", "FROM a:1\n", kinds=["dockerfile"]) == ()
    with pytest.raises(UsageError, match="of which kind"):
        scan("build/instructions", "FROM a:1\n", claimed=True)


def test_kinds_narrow_the_choice() -> None:
    """A file of a kind that was not asked for is not read, not even for its faults."""
    assert scan("a.yaml", POD, kinds=["compose"]) == ()
    assert len(scan("a.yaml", POD, kinds=["compose", "kubernetes"])) == 1


def test_an_unknown_kind_is_a_wrong_use() -> None:
    """An unknown kind is refused with the list of all kinds."""
    with pytest.raises(UsageError, match=", ".join(KINDS)):
        scanner("cloudformation")


def test_a_broken_manifest_is_refused_with_its_place() -> None:
    """A manifest that is no YAML is refused with the file, the line and the column."""
    with pytest.raises(Malformed, match=r"a\.yaml is not YAML: .* line 2, column"):
        scan("a.yaml", "apiVersion: v1\nkind: [}\n")
    with pytest.raises(Malformed, match=r"a\.json is not JSON: .* line 1, column"):
        scan("a.json", '{"apiVersion": 1 "kind": 2}')


@pytest.mark.parametrize(
    "text", ["", "Pod", "Pod:", "Pod:a..b", "Pod:.a", "Pod:a b", ":a", "Pod:/", "a b:c"]
)
def test_a_path_rule_that_says_nothing_is_a_wrong_use(text: str) -> None:
    """A path rule without a kind or a path, or with an empty name, is refused."""
    with pytest.raises(UsageError, match="path rule"):
        Rule.parse(text)


def test_a_path_rule_is_read_into_its_steps() -> None:
    """A path rule knows its kind, its steps and whether it names an image."""
    assert Rule.parse("Gadget:spec.a[].b") == Rule("Gadget", ("spec", "a", "[]", "b"))
    assert Rule.parse("!*:/x/a.b/*/c") == Rule("*", ("x", "a.b", "*", "c"), image=False)


def test_the_rule_that_a_finding_proposes_settles_it() -> None:
    """The rule quoted in an undecided field's reason, once given, makes it an image."""
    text = "apiVersion: x.io/v1\nkind: Gadget\nspec: {a.b: [{image: a:1}]}\n"
    (before,) = scan("a.yaml", text)
    proposed = before.why.split("'")[1]
    (after,) = scan("a.yaml", text, options=Options(rules=(Rule.parse(proposed),)))
    assert (before.status, after.status) == ("unresolved", "image")
    assert scan("a.yaml", text, options=Options(rules=(Rule.parse("!" + proposed),))) == ()


def test_a_build_argument_changes_the_image() -> None:
    """A build argument wins over the default of an ARG that stands before the first FROM."""
    text = "ARG BASE=a:1\nFROM $BASE\n"
    (default,) = scan("Dockerfile", text)
    (given,) = scan("Dockerfile", text, options=Options(build_args={"BASE": "b:2"}))
    assert [str(f.reference) for f in (default, given)] == [
        "index.docker.io/library/a:1",
        "index.docker.io/library/b:2",
    ]


@pytest.mark.parametrize(
    ("line", "column", "end"), [(0, 1, None), (1, 0, None), (1, 5, 4), (-1, 1, 1)]
)
def test_a_place_that_cannot_be_pointed_at_is_refused(
    line: int, column: int, end: int | None
) -> None:
    """Lines and columns count from 1, and an end does not stand before its beginning."""
    with pytest.raises(UsageError):
        Place("a.yaml", line, column, end)


def test_places_are_in_the_order_of_the_text() -> None:
    """Places sort by path, line and column, and are told as editors take them."""
    places = [Place("b", 1), Place("a", 10), Place("a", 2, 3)]
    assert sorted(places) == places[::-1]
    assert str(places[2]) == "a:2:3"
