"""Predicates against the rules of their types: each fault with its path, nothing else refused."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boltseal.errors import Malformed
from boltseal.formats.predicates import CUSTOM, SPDX, TYPES
from boltseal.formats.schemacheck import KEYWORDS, demand_schema, faults, load_schema, schema_of
from tests.support.predicates import GOOD

SCHEMAS = sorted(
    entry.name.removesuffix(".json")
    for entry in (files("boltseal.formats") / "schemas").iterdir()
    if entry.name.endswith(".json")
)


def _keywords(schema: Mapping[str, Any]) -> Iterator[str]:
    yield from schema
    for inner in schema.get("properties", {}).values():
        yield from _keywords(inner)
    for name in ("items", "additionalProperties"):
        if name in schema:
            yield from _keywords(schema[name])


@pytest.mark.parametrize("name", SCHEMAS)
def test_rules_use_only_keywords_that_are_judged(name: str) -> None:
    """No keyword stands in a file of rules that would be passed over in silence."""
    assert set(_keywords(load_schema(name))) <= KEYWORDS


@pytest.mark.parametrize("name", GOOD)
def test_a_predicate_by_the_specification_passes(name: str) -> None:
    """What the published specification shows as right is right here."""
    predicate = json.loads(GOOD[name])
    demand_schema(TYPES[name], predicate)
    demand_schema(TYPES[name], {**predicate, "more": {"of": "something"}})


BROKEN: list[tuple[str, str, Any, str]] = [
    ("slsaprovenance", "builder", None, "/builder is missing"),
    ("slsaprovenance02", "buildType", "no uri", "/buildType is no URI"),
    ("slsaprovenance", "materials", [{"digest": {"sha1": 1}}], "/materials/0/digest/sha1 is not a"),
    ("slsaprovenance1", "runDetails", {"builder": {}}, "/runDetails/builder/id is missing"),
    ("slsaprovenance1", "runDetails", {"builder": {"id": 5}}, "/runDetails/builder/id is not a"),
    ("link", "command", "make", "/command is not a list"),
    ("link", "_type", "layout", "/_type is none of link"),
    ("vuln", "metadata", {"scanStartedOn": "today"}, "/metadata/scanFinishedOn is missing"),
    ("openvex", "statements", [], "/statements is empty"),
    ("openvex", "statements", [{"vulnerability": {}, "status": "fine"}], "/statements/0/status"),
    ("openvex", "timestamp", "yesterday", "/timestamp is no time in RFC 3339"),
    ("cyclonedx", "bomFormat", "SPDX", "/bomFormat is none of CycloneDX"),
    ("cyclonedx", "version", 0, "/version is less than 1"),
    ("cyclonedx", "version", True, "/version is not a whole number"),
    ("cyclonedx", "components", [{"name": "x"}], "/components/0/type is missing"),
    ("spdxjson", "spdxVersion", "2.3", "/spdxVersion does not look as demanded"),
    ("spdxjson", "creationInfo", {"created": 1}, "/creationInfo/creators is missing"),
]


@pytest.mark.parametrize(("name", "member", "value", "told"), BROKEN)
def test_a_fault_is_told_with_its_path(name: str, member: str, value: Any, told: str) -> None:
    """Whoever made the predicate reads where it is wrong, how, and how to sign it anyway."""
    predicate = copy.deepcopy(json.loads(GOOD[name]))
    predicate.pop(member)
    if value is not None:
        predicate[member] = value
    with pytest.raises(Malformed, match="no-schema-check") as caught:
        demand_schema(TYPES[name], predicate)
    assert told in str(caught.value)
    assert TYPES[name] in str(caught.value)


def test_spdx_of_the_third_generation_is_a_graph() -> None:
    """SPDX 3 documents are judged as such, and text is not judged at all."""
    graph = {
        "@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld",
        "@graph": [{"type": "x"}],
    }
    demand_schema(SPDX, graph)
    with pytest.raises(Malformed, match="@graph is empty"):
        demand_schema(SPDX, {**graph, "@graph": []})
    assert schema_of(SPDX, "SPDXVersion: SPDX-2.3") is None


@pytest.mark.parametrize("uri", [CUSTOM, "https://example.com/predicate/v1"])
def test_types_without_published_rules_take_anything(uri: str) -> None:
    """A type of one's own has no rules here."""
    assert schema_of(uri, {}) is None
    demand_schema(uri, {"any": "thing"})


def test_names_are_escaped_in_paths() -> None:
    """A slash or a tilde in a member's name is written as RFC 6901 wants it."""
    schema = {"additionalProperties": {"type": "string"}}
    assert [str(fault) for fault in faults({"a/b~c": 1}, schema)] == ["/a~1b~0c is not a text"]


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text() | st.sampled_from(["builder", "id", "statements"]), inner)
    ),
    max_leaves=15,
)


@given(st.sampled_from(SCHEMAS), JSON)
def test_any_json_is_judged(name: str, value: Any) -> None:
    """Whatever JSON is given, the answer is a list of faults and nothing is raised."""
    assert all(str(fault) for fault in faults(value, load_schema(name)))
