"""A workflow to start from: build, push, sign; then verify and deploy what was verified."""

from __future__ import annotations

import re
from dataclasses import dataclass

from boltseal.core.names import Repository
from boltseal.errors import UsageError

PLACE = ".github/workflows/boltseal.yml"
_ACTION = re.compile(
    r"(?:https://[A-Za-z0-9.:-]+/)?[A-Za-z0-9._-]+/[A-Za-z0-9._-]+@[A-Za-z0-9._/-]+"
)
_PATH = re.compile(r"[A-Za-z0-9._-]+(?:/[A-Za-z0-9._-]+)*")
_BRANCH = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,200}")

_SECRET = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
_ENVIRONMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,99}")

_TEXT = """\
# Written by `boltseal init`. Everything below is yours to change.
name: Release
on:
  push:
    branches: [@BRANCH@]

permissions: {}

env:
  IMAGE: @IMAGE@

jobs:
  build:
    runs-on: ubuntu-latest
@ENVIRONMENT@    permissions:
      contents: read
      packages: write
    outputs:
      digest: ${{ steps.sign.outputs.digest }}
    steps:
      - uses: actions/checkout@v7
        with:
          persist-credentials: false
      - name: Log in
        env:
          TOKEN: ${{ secrets.GITHUB_TOKEN }}
        run: echo "$TOKEN" | docker login @REGISTRY@ --username "$GITHUB_ACTOR" --password-stdin
      - name: Build and push
        run: |
          docker build --tag "$IMAGE:$GITHUB_SHA" .
          docker push "$IMAGE:$GITHUB_SHA"
      - name: Sign
        id: sign
        uses: @ACTION@
        with:
          images: ${{ env.IMAGE }}:${{ github.sha }}
          key: @PREFIX@.key
          password: ${{ secrets.@SECRET@ }}

  deploy:
    needs: build
    runs-on: ubuntu-latest
    permissions:
      contents: read
      packages: read
    steps:
      - uses: actions/checkout@v7
        with:
          persist-credentials: false
      - name: Log in
        env:
          TOKEN: ${{ secrets.GITHUB_TOKEN }}
        run: echo "$TOKEN" | docker login @REGISTRY@ --username "$GITHUB_ACTOR" --password-stdin
      - name: Verify
        id: verify
        uses: @VERIFY@
        with:
          images: ${{ env.IMAGE }}
          digest: ${{ needs.build.outputs.digest }}
          key: @PREFIX@.pub
          commit: ${{ github.sha }}
      - name: Deploy
        env:
          PINNED: ${{ steps.verify.outputs.pinned }}
        run: echo "put your deployment of $PINNED here"
"""


@dataclass(frozen=True, slots=True)
class Workflow:
    """What differs from one repository to the next; made by `of`."""

    image: Repository
    action: str
    prefix: str
    secret: str
    branch: str
    environment: str = ""

    @classmethod
    def of(
        cls, image: str, *, action: str, prefix: str, secret: str, branch: str, environment: str
    ) -> Workflow:
        """Check every part, so that none can be more than a value in the YAML.

        Raise UsageError for an image with tag or digest, an action without version, a prefix that
        leaves the repository.
        """
        repository = Repository.parse(image)
        if not _ACTION.fullmatch(action):
            raise UsageError(f"{action[:100]!r} is no action; write owner/name@version")
        if not _PATH.fullmatch(prefix) or ".." in prefix.split("/"):
            raise UsageError(f"{prefix[:100]!r} is no path within the repository for key files")
        if not _BRANCH.fullmatch(branch):
            raise UsageError(f"{branch[:100]!r} is no name of a branch that can be written here")
        if not _SECRET.fullmatch(secret):
            raise UsageError(f"{secret[:100]!r} is no name for a secret: letters, digits and _")
        if environment and not _ENVIRONMENT.fullmatch(environment):
            raise UsageError(f"{environment[:100]!r} is no name of an environment")
        return cls(repository, action, prefix, secret, branch, environment)

    def text(self) -> str:
        """Write the workflow's YAML."""
        name, _, version = self.action.rpartition("@")
        environment = f"    environment: '{self.environment}'\n" if self.environment else ""
        values = {
            "BRANCH": f"'{self.branch}'",
            "IMAGE": str(self.image),
            "REGISTRY": self.image.registry,
            "ENVIRONMENT": environment,
            "ACTION": self.action,
            "VERIFY": f"{name}/actions/verify@{version}",
            "PREFIX": self.prefix,
            "SECRET": self.secret,
        }
        return re.sub(r"@([A-Z]+)@", lambda found: values[found[1]], _TEXT)
