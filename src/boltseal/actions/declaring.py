"""An input is declared once, beside the field that it fills: default, help and how it is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any, TypeVar

from boltseal.errors import UsageError

T = TypeVar("T")
_KEY = "input"


@dataclass(frozen=True, slots=True)
class Declared:
    """One input as the action's YAML has it; `name` is in kebab case, `default` is text.

    With `filled`, an input that a workflow gives as an empty text is refused: it is a secret or
    a variable that is not there, and the default must not take its place.
    """

    name: str
    default: str
    help: str
    read: Callable[[str], Any]
    filled: bool = False

    @property
    def variable(self) -> str:
        """The environment variable through which the action's YAML hands it over."""
        return f"INPUT_{self.name.replace('-', '_').upper()}"

    def value(self, text: str) -> Any:
        """Read a text, an empty one as the default; raise UsageError that names the input."""
        if not text.strip() and self.filled:
            raise UsageError(
                f"the input `{self.name}` is empty: a secret, variable or output that it is made "
                f"of is not there. Leave the input out for its default, {self.default!r}"
            )
        try:
            return self.read(text if text.strip() else self.default)
        except UsageError as error:
            raise UsageError(f"the input `{self.name}`: {error}") from error


def wanted(
    read: Callable[[str], T], default: str, help: str, *, filled: bool = False, secret: bool = False
) -> T:
    """Declare a field that is an input; what is `secret` stays out of every `repr`."""
    told = {_KEY: (read, default, " ".join(help.split()), filled)}
    return field(default_factory=lambda: read(default), repr=not secret, metadata=told)


def declared(cls: type[Any]) -> tuple[Declared, ...]:
    """Return the inputs of a dataclass, its own before those that it inherits."""
    bases = [base for base in cls.__mro__[1:] if is_dataclass(base)]
    inherited = {item.name for base in bases for item in fields(base)}
    found = [item for item in fields(cls) if _KEY in item.metadata]
    found.sort(key=lambda item: item.name in inherited)
    return tuple(_declared(item.name, *item.metadata[_KEY]) for item in found)


def _declared(
    name: str, read: Callable[[str], Any], default: str, help: str, filled: bool
) -> Declared:
    return Declared(name.replace("_", "-"), default, help, read, filled)


def read_inputs(cls: type[T], texts: Mapping[str, str]) -> T:
    """Read every declared input of `cls` out of texts by their names in kebab case."""
    values = {
        one.name.replace("-", "_"): one.value(texts.get(one.name, "")) for one in declared(cls)
    }
    return cls(**values)
