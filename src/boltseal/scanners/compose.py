"""Compose files name images in services, in what they build from, and in volumes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from boltseal.scanners import Finding, Options
from boltseal.scanners.dockerfile import scan_source
from boltseal.scanners.judging import (
    fault_findings,
    ignored,
    ordered,
    prefixed_finding,
    scalar_finding,
    unresolved,
)
from boltseal.scanners.nodes import Node, Scalar, Tree, at, elements, members, text_at
from boltseal.scanners.source import Source
from boltseal.scanners.trees import YAML, parse_tree
from boltseal.scanners.variables import Filled, fill

KIND = "compose"
_NAMES = re.compile(r"(?:.*/)?(?:docker-|podman-)?compose(?:[._-][^/]*)?\.ya?ml", re.IGNORECASE)
_SERVICES = re.compile(r"^services[ \t]*:[ \t]*(?:#.*|[&{].*)?\r?$", re.MULTILINE)
_SERVICE = re.compile(
    r"""^[ \t]+["']?(?:image|build|dockerfile_inline)["']?[ \t]*:""", re.MULTILINE
)
_ELSEWHERE = "what is named there comes from outside this repository and is not seen here"
_ITSELF = "what it names stands in {file}, which is scanned by itself"


class Compose:
    """Compose files, overrides and stacks; all profiles count."""

    name = KIND

    def claims(self, path: str, text: str) -> bool:
        """Claim by file name, or a YAML file whose top-level services have an image or a build."""
        if _NAMES.fullmatch(path):
            return True
        if not path.lower().endswith(YAML) or "gitlab-ci" in path or "apiVersion" in text:
            return False
        return bool(_SERVICES.search(text) and _SERVICE.search(text))

    def scan(self, path: str, text: str, *, options: Options) -> tuple[Finding, ...]:
        """Return the images that the services would pull; see the room's protocol."""
        tree = parse_tree(Source.parse(path, text))
        findings = fault_findings(tree, kind=KIND)
        for document in tree.documents:
            reading = _Reading(tree, document, options)
            for name, service in members(at(document, "services")):
                findings += reading.service(name, service)
            findings += reading.includes()
            findings += reading.models()
        return ordered(findings)


@dataclass(frozen=True, slots=True)
class _Reading:
    """One document of a Compose file, and the variables given."""

    tree: Tree
    document: Node
    options: Options

    def fill(self, text: str) -> Filled:
        """Interpolate as Compose does, but leave open what is unset and has no default."""
        return fill(text, self.options.variables.get, escape="$")

    def service(self, name: str, service: Node) -> Iterator[Finding]:
        """Return what one service names."""
        image, build = at(service, "image"), at(service, "build")
        built = build is not None and text_at(service, "pull_policy") == "build"
        if isinstance(image, Scalar) and (image.tag == "!reset" or built):
            why = "it is what the build makes" if built else "this file takes the image away"
            yield self._ignored(image, why)
        elif image is not None:
            yield scalar_finding(self.tree, image, kind=KIND, fill=self.fill)
        elif build is not None:
            yield self._ignored(
                build, f"service {name[:80]!r} is built from a Dockerfile, not pulled"
            )
        yield from self._extends(at(service, "extends"))
        yield from self._build(build)
        for volume in elements(at(service, "volumes")):
            source = at(volume, "source")
            if text_at(volume, "type") == "image" and source is not None:
                yield scalar_finding(self.tree, source, kind=KIND, fill=self.fill)

    def _ignored(self, node: Node, why: str) -> Finding:
        text = node.text if isinstance(node, Scalar) else ""
        return ignored(text, place=self.tree.place(node), kind=KIND, why=why)

    def _extends(self, extends: Node | None) -> Iterator[Finding]:
        file = at(extends, "file")
        if isinstance(file, Scalar):
            yield self._elsewhere(file)
            return
        base = extends if isinstance(extends, Scalar) else at(extends, "service")
        if isinstance(base, Scalar) and at(self.document, "services", base.text) is None:
            why = "this file has no service of that name"
            yield unresolved(base.text, place=self.tree.place(base), kind=KIND, why=why)

    def _elsewhere(self, file: Scalar) -> Finding:
        place = self.tree.place(file)
        remote = "://" in file.text or file.text.startswith("git@") or "$" in file.text
        if remote:
            return unresolved(file.text, place=place, kind=KIND, why=_ELSEWHERE)
        return ignored(file.text, place=place, kind=KIND, why=_ITSELF.format(file=file.text[:200]))

    def _build(self, build: Node | None) -> Iterator[Finding]:
        contexts = at(build, "additional_contexts")
        for node in (*elements(contexts), *(value for _, value in members(contexts))):
            if isinstance(node, Scalar):
                found = prefixed_finding(
                    self.tree, node, prefix="docker-image://", kind=KIND, fill=self.fill
                )
                yield from [found] if found else []
        for cache in elements(at(build, "cache_from")):
            yield self._ignored(cache, "it is a cache for the build, whose layers are compared")
        inline = at(build, "dockerfile_inline")
        if isinstance(inline, Scalar):
            yield from self._inline(inline, build)

    def _inline(self, inline: Scalar, build: Node | None) -> Iterator[Finding]:
        """Read a Dockerfile inside of the file, in which Compose interpolates first."""
        filled = [self.fill(line) for line in inline.text.split("\n")]
        for line in filled:
            if line.text is None:
                place = self.tree.place(inline)
                yield unresolved("dockerfile_inline", place=place, kind=KIND, why=line.why)
                return
        text = "\n".join(line.text or "" for line in filled)
        literal = inline.style == "|"
        source = self.tree.source.within(text, start=inline.start, literal=literal)
        yield from scan_source(source, options=Options(build_args=self._arguments(build)))

    def _arguments(self, build: Node | None) -> dict[str, str]:
        given = dict(self.options.build_args)
        arguments = at(build, "args")
        pairs = [
            (name, value.text) for name, value in members(arguments) if isinstance(value, Scalar)
        ]
        pairs += [
            (name, value)
            for item in elements(arguments)
            if isinstance(item, Scalar)
            for name, _, value in [item.text.partition("=")]
        ]
        for name, value in pairs:
            text = self.fill(value).text
            # A value that stays open must not fall back to the Dockerfile's default.
            given.setdefault(name, "${" + name + "}" if text is None else text)
        return given

    def includes(self) -> Iterator[Finding]:
        """Return the files that this one includes."""
        for entry in elements(at(self.document, "include")):
            paths = entry if isinstance(entry, Scalar) else at(entry, "path")
            for path in (paths, *elements(paths)):
                if isinstance(path, Scalar):
                    yield self._elsewhere(path)

    def models(self) -> Iterator[Finding]:
        """Return the models, which are artifacts that no container runs."""
        for _, model in members(at(self.document, "models")):
            name = at(model, "model")
            if isinstance(name, Scalar):
                yield self._ignored(name, "it is a model, an OCI artifact that no container runs")


SCANNER = Compose()
