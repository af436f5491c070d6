"""The rooms of the house: who may import whom, and who may touch the world."""

from __future__ import annotations

import ast
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "src" / "boltseal"
MODULES = sorted(ROOT.rglob("*.py"))

PURE = {"errors", "core", "formats", "trust", "scanners", "reports"}
OUTER = {"formats", "trust", "stores", "signers", "scanners", "reports"}
ALLOWED: dict[str, set[str]] = {
    "": set(),
    "errors": set(),
    "core": {"errors", "core"},
    **{room: {"errors", "core", room} for room in OUTER},
    "flows": {"errors", "core", "formats", "scanners", "reports", "flows"},
    "cli": {"errors", "core", "flows", "cli", *OUTER},
    "actions": {"errors", "core", "flows", "actions", *OUTER},
    "__main__": {"cli"},
}
# Flows see these rooms through their protocols only; policy is a trust's value, no trust.
PROTOCOLS = {"boltseal.stores", "boltseal.signers", "boltseal.trust", "boltseal.trust.policy"}
# Modules through which a pure room could reach a network, a disk, a clock, another program,
# the environment or chance.
WORLD = {
    "asyncio", "http", "multiprocessing", "os", "pathlib", "random", "requests", "secrets",
    "shutil", "signal", "socket", "ssl", "subprocess", "sys", "tempfile", "threading", "time",
    "urllib.request", "urllib3", "docker", "click", "rich", "actions_toolkit", "logging",
}  # fmt: skip
CALLS = {"open", "print", "input", "exit", "breakpoint"}
CLOCK = {"now", "today", "utcnow"}


def _room(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return "" if parts == ("__init__",) else parts[0]


def _name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(("boltseal", *(p for p in parts if p != "__init__")))


KNOWN = frozenset(_name(path) for path in MODULES)


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def _imports(tree: ast.AST) -> list[str]:
    names: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports name the whole path"
            names += _named(node)
    return names


def _named(node: ast.ImportFrom) -> list[str]:
    full = [f"{node.module}.{alias.name}" for alias in node.names]
    return [name if name in KNOWN else str(node.module) for name in full]


def _own(path: Path) -> list[str]:
    names = _imports(_tree(path))
    return [name for name in names if name.split(".")[0] == "boltseal"]


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_a_module_imports_only_what_its_room_may(path: Path) -> None:
    """A module imports only the rooms that its own room may see."""
    room = _room(path)
    for name in _own(path):
        target = name.split(".")[1] if "." in name else ""
        if target == "":
            assert name == "boltseal"
            continue
        if room == "flows" and target in {"stores", "signers", "trust"}:
            assert name in PROTOCOLS, f"{_name(path)} imports {name}: flows see protocols only"
            continue
        assert target in ALLOWED[room], f"{_name(path)} imports {name}"


@pytest.mark.parametrize("path", [p for p in MODULES if _room(p) in PURE], ids=_name)
def test_a_pure_room_touches_nothing_outside(path: Path) -> None:
    """A module of a pure room neither imports nor calls what reaches the world."""
    tree = _tree(path)
    reached = {name for name in _imports(tree) if name in WORLD or name.split(".")[0] in WORLD}
    assert not reached, f"{_name(path)} imports {sorted(reached)}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in CALLS, f"{_name(path)} calls {node.func.id}()"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            assert node.func.attr not in CLOCK, f"{_name(path)} reads a clock"


@pytest.mark.parametrize("path", [p for p in MODULES if p.name == "__init__.py"], ids=_name)
def test_a_rooms_init_imports_no_implementation(path: Path) -> None:
    """The `__init__` of a room holds protocols and imports none of its own modules."""
    inside = f"{_name(path)}."
    assert not [name for name in _own(path) if name.startswith(inside) and path.parent != ROOT]


def test_no_module_imports_itself_in_a_circle() -> None:
    """No chain of imports between modules comes back to where it began."""
    graph = {_name(path): {n for n in _own(path) if n != "boltseal"} for path in MODULES}
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, " -> ".join((*trail[trail.index(name) :], name))
        if name not in done:
            for target in graph.get(name, ()):
                visit(target, (*trail, name))
            done.add(name)

    for name in graph:
        visit(name, ())


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_only_front_ends_print_and_read_the_environment(path: Path) -> None:
    """Nothing but the command line and the actions prints, exits, or reads argv and environment."""
    if _room(path) in {"cli", "actions", "__main__"}:
        return
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            dotted = f"{node.value.id}.{node.attr}"
            assert dotted not in {"os.environ", "os.getenv", "sys.argv", "sys.exit", "sys.stdout"}
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in {"print", "exit"}, _name(path)


def test_the_guard_reads_every_module() -> None:
    """The guard looks at the whole package, so that an empty list cannot pass for a clean house."""
    assert len(MODULES) > 30
    assert sys.version_info >= (3, 10)
    assert {_room(path) for path in MODULES} >= PURE | OUTER | {"flows"}
