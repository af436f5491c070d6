"""YAML becomes a tree from the parser's events: no recursion, no constructors, nothing expanded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from boltseal.errors import Malformed
from boltseal.scanners.nodes import (
    DEEPEST,
    MOST_NODES,
    Fault,
    Node,
    Object,
    Scalar,
    Sequence,
    Tree,
    weigh,
    weight,
)
from boltseal.scanners.source import Source

# libyaml where the wheel has it: ten times faster, the same events.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TWICE = "this name stands twice in one object, and readers differ in which one counts"


def parse_yaml(source: Source) -> Tree:
    """Parse every document of a YAML text.

    Duplicate names become faults of the tree. Raise Malformed where the text is no YAML, where
    it is nested more than 100 levels deep, holds more than 500,000 nodes (each use of an alias
    counted), or an alias stands inside of what it names.
    """
    builder = _Builder(source)
    try:
        for event in _events(source.text):
            builder.take(event)
    except yaml.YAMLError as error:
        raise Malformed(f"{source.path} is not YAML: {_told(error)}") from error
    except (ValueError, OverflowError, RecursionError) as error:
        raise Malformed(f"{source.path} is not YAML that can be read") from error
    return Tree(source, tuple(builder.documents), tuple(builder.faults))


def _events(text: str) -> Iterator[Any]:
    yield from yaml.parse(text, Loader=_LOADER)


def _told(error: yaml.YAMLError) -> str:
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "unreadable"
    mark = getattr(error, "problem_mark", None)
    where = f" in line {mark.line + 1}, column {mark.column + 1}" if mark else ""
    return f"{problem}{where}"


@dataclass(slots=True)
class _Open:
    """A collection that has not ended yet."""

    event: Any
    children: list[Node] = field(default_factory=list)


class _Builder:
    """Nodes in the making."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.documents: list[Node] = []
        self.faults: list[Fault] = []
        self._open: list[_Open] = []
        self._anchors: dict[str, Node | None] = {}
        self._count = 0

    def take(self, event: Any) -> None:
        """Take the parser's next event."""
        if isinstance(event, yaml.DocumentStartEvent):
            self._anchors = {}
        elif isinstance(event, yaml.ScalarEvent):
            self._add(self._scalar(event), anchor=event.anchor)
        elif isinstance(event, yaml.AliasEvent):
            self._add(self._alias(event.anchor), anchor=None)
        elif isinstance(event, yaml.CollectionStartEvent):
            self._begin(event)
        elif isinstance(event, yaml.CollectionEndEvent):
            ended = self._open.pop()
            self._add(self._collection(ended), anchor=ended.event.anchor)

    def _begin(self, event: Any) -> None:
        if event.anchor:
            self._anchors[event.anchor] = None
        self._open.append(_Open(event))
        self._check_depth(0)

    def _add(self, node: Node, *, anchor: str | None) -> None:
        self._count += 1
        if weight(node) > MOST_NODES or self._count > MOST_NODES:
            raise Malformed(
                f"{self.source.path} has more than {MOST_NODES} nodes, its aliases filled in"
            )
        self._check_depth(0 if isinstance(node, Scalar) else node.depth)
        if anchor:
            self._anchors[anchor] = node
        if self._open:
            self._open[-1].children.append(node)
        else:
            self.documents.append(node)

    def _check_depth(self, below: int) -> None:
        if len(self._open) + below > DEEPEST:
            raise Malformed(f"{self.source.path} is nested more than {DEEPEST} levels deep")

    def _alias(self, name: str | None) -> Node:
        anchor = name or ""
        if anchor not in self._anchors:
            raise Malformed(f"{self.source.path} uses an alias that names nothing: *{anchor[:80]}")
        node = self._anchors[anchor]
        if node is None:
            raise Malformed(
                f"{self.source.path} has an alias inside of what it names: *{anchor[:80]}"
            )
        # A repeated collection costs what its first occurrence cost.
        self._count += weight(node)
        return node

    def _scalar(self, event: Any) -> Scalar:
        # An event begins at its anchor or tag, but ends where its text does.
        end = event.end_mark.index - (1 if event.style in {"'", '"'} else 0)
        start = end - len(event.value)
        style = event.style or ""
        if style in {"|", ">"} or start < 0 or self.source.text[start:end] != event.value:
            first = event.start_mark.index
            first += int(style in {"'", '"'} and self.source.text[first : first + 1] == style)
            return Scalar(event.value, first, None, style, event.tag or "")
        return Scalar(event.value, start, end, style, event.tag or "")

    def _collection(self, ended: _Open) -> Node:
        size, depth = weigh(ended.children)
        start = ended.event.start_mark.index
        tag = ended.event.tag or ""
        if isinstance(ended.event, yaml.SequenceStartEvent):
            return Sequence(tuple(ended.children), start, tag, size, depth)
        fields, keys = self._fields(ended.children)
        return Object(fields, keys, start, tag, size, depth)

    def _fields(self, children: list[Node]) -> tuple[dict[str, Node], dict[str, Scalar]]:
        own: dict[str, Node] = {}
        keys: dict[str, Scalar] = {}
        merged: list[Node] = []
        for key, value in zip(children[::2], children[1::2], strict=True):
            if not isinstance(key, Scalar):
                continue
            if key.text == "<<" and not key.style:
                merged.extend(value.items if isinstance(value, Sequence) else (value,))
                continue
            if key.text in own:
                place = self.source.place(key.start, key.end)
                self.faults.append(Fault(key.text, place, _TWICE))
            own[key.text], keys[key.text] = value, key
        return _merge(own, keys, merged)


def _merge(
    own: dict[str, Node], keys: dict[str, Scalar], merged: list[Node]
) -> tuple[dict[str, Node], dict[str, Scalar]]:
    """Add the members of merge keys: an object's own come first, then the earlier merged ones."""
    for other in merged:
        if isinstance(other, Object):
            for name, value in other.fields.items():
                if name not in own:
                    own[name], keys[name] = value, other.keys[name]
    return own, keys
