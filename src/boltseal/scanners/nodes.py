"""A parsed document: scalars, lists and objects that know where they stand in the text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from boltseal.core.places import Place
from boltseal.scanners.source import Source

# Deeper than any schema that Kubernetes ships, far from Python's own limit.
DEEPEST = 100
# Nodes of one file, those that an alias repeats counted each time that it does.
MOST_NODES = 500_000
_NULLS = {"", "~", "null", "Null", "NULL"}
_TYPED = re.compile(
    r"true|True|TRUE|false|False|FALSE|[-+]?[0-9][0-9_]*|0o[0-7]+|[-+]?0[xX][0-9a-fA-F_]+"
    r"|[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
)


@dataclass(frozen=True, slots=True)
class Scalar:
    """A text: `start` and `end` are offsets of its characters in the source, without quotes.

    `end` is None where the characters in the file differ from the text (escapes, folding,
    blocks); `style` is '' for a plain scalar, else the quote, `|` or `>`.
    """

    text: str
    start: int
    end: int | None = None
    style: str = ""
    tag: str = ""

    @property
    def null(self) -> bool:
        """True if readers see no value here."""
        return not self.style and self.text in _NULLS and self.tag in {"", "tag:yaml.org,2002:null"}

    @property
    def typed(self) -> bool:
        """True if readers see a number or a truth value here, no text."""
        return not self.style and not self.tag and bool(_TYPED.fullmatch(self.text))


@dataclass(frozen=True, slots=True, eq=False)
class Sequence:
    """A list."""

    items: tuple[Node, ...]
    start: int
    tag: str = ""
    size: int = 1
    depth: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class Object:
    """A mapping of texts: `fields` has merge keys (`<<`) applied, `keys` has the names' places."""

    fields: Mapping[str, Node]
    keys: Mapping[str, Scalar]
    start: int
    tag: str = ""
    size: int = 1
    depth: int = 1


Node = Scalar | Sequence | Object


@dataclass(frozen=True, slots=True)
class Fault:
    """Something in a document that two readers could read differently."""

    text: str
    place: Place
    why: str


@dataclass(frozen=True, slots=True)
class Tree:
    """The documents of one file, and what is ambiguous in them."""

    source: Source
    documents: tuple[Node, ...]
    faults: tuple[Fault, ...] = ()

    def place(self, node: Node) -> Place:
        """Return where a node stands."""
        return self.source.place(node.start, node.end if isinstance(node, Scalar) else None)


def at(node: Node | None, *path: str) -> Node | None:
    """Return what stands under a path of member names, None where there is nothing."""
    for name in path:
        if not isinstance(node, Object):
            return None
        node = node.fields.get(name)
    return node


def text_at(node: Node | None, *path: str) -> str | None:
    """Return the text of a scalar under a path, None where there is none or it is null."""
    found = at(node, *path)
    return found.text if isinstance(found, Scalar) and not found.null else None


def elements(node: Node | None) -> tuple[Node, ...]:
    """Return the elements of a list, nothing for what is no list."""
    return node.items if isinstance(node, Sequence) else ()


def members(node: Node | None) -> Iterator[tuple[str, Node]]:
    """Go through the members of an object, none for what is no object."""
    if isinstance(node, Object):
        yield from node.fields.items()


def weight(node: Node) -> int:
    """Return how many nodes a node counts for; long texts count more, so that none is repeated."""
    return 1 + len(node.text) // 64 if isinstance(node, Scalar) else node.size


def weigh(children: list[Node]) -> tuple[int, int]:
    """Return the number of nodes and the depth of a collection with these children."""
    sizes = [weight(child) for child in children]
    depths = [0 if isinstance(child, Scalar) else child.depth for child in children]
    return 1 + sum(sizes), 1 + max(depths, default=0)
