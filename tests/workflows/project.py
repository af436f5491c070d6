"""A user's repository, and a checkout of ours for it to use, assembled for act."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from boltseal.flows.keypair import generate
from tests.peers.act import commit, run_workflow
from tests.peers.actlog import ActResult
from tests.peers.engine import Engine
from tests.peers.registry import Registry

ROOT = Path(__file__).parent.parent.parent
WORKFLOW = Path(__file__).parent / "sign-and-deploy.yml"
PASSWORD = "correct horse, battery: staple"
# What a pull request might plant where Python, pip or uv could look; none of it may matter.
_PLANTED = "raise SystemExit('planted')\n"
HOSTILE = {
    "base64.py": _PLANTED,
    "sitecustomize.py": _PLANTED,
    "boltseal/__init__.py": _PLANTED,
    "pip.conf": "[global]\nindex-url = http://127.0.0.1:9/\n",
    "uv.toml": 'index-url = "http://127.0.0.1:9/"\n',
    "pyproject.toml": '[tool.uv]\nindex-url = "http://127.0.0.1:9/"\nno-binary = true\n',
    ".netrc": "machine 127.0.0.1 login nobody password nothing\n",
}
# What tells installers where packages come from on this machine; HOME, where pip.conf is, is not
# the user's under act.
_INDEXES = ("PIP_", "UV_", "SSL_CERT_", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY")


@dataclass(frozen=True)
class Project:
    """A git repository with a Dockerfile, two key pairs and the workflow."""

    folder: Path
    action: Path
    registry: Registry
    engine: Engine

    def change(self, text: str) -> str:
        """Commit another state of the program, and give the commit's SHA."""
        return commit(self.folder, files={"program.txt": text})

    def run(
        self,
        event: str = "push",
        *,
        payload: Mapping[str, object] | None = None,
        secrets: Mapping[str, str] | None = None,
        **variables: str,
    ) -> ActResult:
        """Run the workflow with these variables (`vars.NAME`)."""
        assert self.registry.password is not None
        known = {"COSIGN_PASSWORD": PASSWORD, "REGISTRY_PASSWORD": self.registry.password}
        given = {"REGISTRY": self.registry.host, **variables}
        return run_workflow(
            self.folder,
            event,
            event_json=payload,
            secrets={**known, **(secrets or {})},
            env={**self.engine.environment(), **index_settings()},
            local_repositories={"owner/boltseal@v1": self.action},
            options=[f"--var={name}={value}" for name, value in given.items()],
        )


def project(folder: Path, *, registry: Registry, engine: Engine) -> Project:
    """Assemble a project in a folder of its own."""
    made = Project(folder / "project", release(folder / "boltseal"), registry, engine)
    files = {
        "Dockerfile": "FROM scratch\nCOPY program.txt /program.txt\n",
        ".dockerignore": "*\n!program.txt\n",
        ".github/workflows/release.yml": WORKFLOW.read_text("utf-8"),
    }
    for name in ("cosign", "other"):
        pair = generate(password=PASSWORD.encode(), entropy=os.urandom)
        files[f"{name}.key"] = pair.private.decode()
        files[f"{name}.pub"] = pair.public.decode()
    commit(made.folder, files={**files, **HOSTILE, "program.txt": "first\n"})
    return made


def release(folder: Path) -> Path:
    """Copy what a tag of this repository would hold, as far as the actions read it."""
    folder.mkdir(parents=True)
    shutil.copy(ROOT / "action.yml", folder)
    without = shutil.ignore_patterns("__pycache__")
    for name in ("actions", "src"):
        shutil.copytree(ROOT / name, folder / name, ignore=without)
    commit(folder, repository="owner/boltseal")
    return folder


def index_settings() -> dict[str, str]:
    """Give the variables by which packages are found here, pip's own file among them."""
    known = {name: value for name, value in os.environ.items() if name.startswith(_INDEXES)}
    home = Path(os.environ.get("HOME", "/nonexistent"))
    for place in (".config/pip/pip.conf", ".pip/pip.conf"):
        if (home / place).exists():
            known.setdefault("PIP_CONFIG_FILE", str(home / place))
    return known
