"""The page about attestations says what the program knows."""

from __future__ import annotations

from boltseal.formats.predicates import TYPES
from boltseal.formats.schemacheck import schema_of
from boltseal.trust.conditions import Where
from tests.docs.text import read, rows

PAGE = read("docs/attestations.md")


def test_the_types_of_the_page_are_the_programs() -> None:
    """Each name has its URI, and is said to be compared with rules exactly where it is."""
    told = {row[0].strip("`"): row[1:] for row in rows(PAGE, below="## Types")}
    assert {name: cells[0].strip("`") for name, cells in told.items()} == dict(TYPES)
    for name, (uri, file, rules) in told.items():
        predicate = "text" if file.startswith("any text") else {}
        assert bool(rules) is (schema_of(uri.strip("`"), predicate) is not None), name


def test_the_conditions_of_the_page_are_read() -> None:
    """Every condition that the page shows is one."""
    shown = [row[0].split("`")[1] for row in rows(PAGE, below="## Conditions")]
    for text in [*shown, "#/predicate/a%20b=1", "/predicate/version ~ 1.*"]:
        Where.parse(text.replace("VALUE", "5").replace("GLOB", "a*"))
