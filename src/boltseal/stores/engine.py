"""The local Docker engine, asked for one thing: under which digests it pushed an image."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from boltseal.core.names import DOCKER_HUB, Digest, Reference
from boltseal.errors import Undecided, UsageError

_SECONDS = 10


class LocalEngine:
    """The engine that `environment` (DOCKER_HOST and its like) points to; asked once an image."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = dict(environment)
        self._client: Any = None

    def pushed(self, reference: Reference) -> tuple[Digest, ...]:
        """Return the digests of the tagged image in this very repository, none if it has none.

        An image may have digests of several repositories, and several of one: of an index and
        of the platform's image in it. Raise Undecided where the engine cannot be asked.
        """
        # Importing the SDK takes a third of a second, and most runs have a digest already.
        import docker.errors
        import requests

        try:
            attributes = self._connected().api.inspect_image(_name(reference))
        except docker.errors.ImageNotFound:
            return ()
        except (docker.errors.DockerException, requests.RequestException, OSError) as error:
            raise Undecided(
                f"the local Docker engine cannot be asked ({type(error).__name__}: {_short(error)})"
            ) from error
        return _digests(attributes, reference)

    def _connected(self) -> Any:
        import docker

        if self._client is None:
            self._client = docker.DockerClient.from_env(
                environment=self._environment, timeout=_SECONDS
            )
        return self._client


def _name(reference: Reference) -> str:
    """Write a reference as the engine does, which calls Docker Hub by another name."""
    repository = reference.repository
    registry = "docker.io" if repository.registry == DOCKER_HUB else repository.registry
    return f"{registry}/{repository.path}:{reference.tag}"


def _digests(attributes: Any, reference: Reference) -> tuple[Digest, ...]:
    listed = attributes.get("RepoDigests") if isinstance(attributes, Mapping) else None
    found: dict[Digest, None] = {}
    for text in listed or ():
        try:
            known = Reference.parse(str(text))
        except UsageError:
            continue  # such as `<none>@<none>`
        if known.repository == reference.repository and known.digest is not None:
            found[known.digest] = None
    return tuple(found)


def _short(error: Exception) -> str:
    lines = str(error).splitlines()
    return lines[0][:200] if lines else "no reason given"
