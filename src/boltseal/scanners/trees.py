"""A file's syntax is told from its name: JSON where it says so, YAML otherwise."""

from __future__ import annotations

from boltseal.scanners.jsontree import parse_jsonc
from boltseal.scanners.nodes import Tree
from boltseal.scanners.source import Source
from boltseal.scanners.yamltree import parse_yaml

YAML = (".yaml", ".yml")


def parse_tree(source: Source) -> Tree:
    """Parse a manifest: `.json` as JSON with comments, everything else as YAML.

    Raise Malformed as `parse_jsonc` and `parse_yaml` do.
    """
    json = source.path.lower().endswith(".json") and source.text.lstrip()[:1] in {"{", "["}
    return parse_jsonc(source) if json else parse_yaml(source)
