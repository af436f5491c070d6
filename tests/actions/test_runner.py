"""What reaches the runner is what was meant: each action runs here as its own process."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import boltseal
from boltseal.actions.declaring import declared
from boltseal.actions.inputs import SignInputs
from boltseal.actions.outputs import SIGN_OUTPUTS
from tests.actions.desk import ENVIRONMENT, PASSWORD, Desk

SECRET = "registry: secret\nsecond line"


@dataclass
class Ran:
    """What one process left behind."""

    returncode: int
    log: str
    outputs: dict[str, str]
    summary: str
    artifacts: str


@dataclass
class Step:
    """A step of a job: the files that a runner makes for it, and its environment."""

    folder: Path
    workspace: Path
    environment: dict[str, str] = field(default_factory=dict)

    def run(self, module: str, **inputs: str) -> Ran:
        """Run a module as run.sh does, in the workspace, with these inputs."""
        self.folder.mkdir(exist_ok=True)
        files = {
            "GITHUB_OUTPUT": self.folder / "output",
            "GITHUB_STEP_SUMMARY": self.folder / "summary",
            "GITHUB_ARTIFACTS": self.folder / "artifacts",
        }
        for place in files.values():
            place.write_text("", "utf-8")
        defaults = {one.variable: one.default for one in declared(SignInputs)}
        variables = {
            **ENVIRONMENT,
            **defaults,
            **{f"INPUT_{name.upper()}": text for name, text in inputs.items()},
            **{name: str(place) for name, place in files.items()},
            "GITHUB_ACTIONS": "true",
            "GITHUB_WORKSPACE": str(self.workspace),
            "HOME": str(self.folder),
            **self.environment,
        }
        ended = subprocess.run(
            [sys.executable, "-I", "-m", module],
            cwd=self.workspace,
            env={name: text for name, text in variables.items() if text is not None},
            capture_output=True,
            check=False,
            timeout=60,
        )
        texts = {name: place.read_text("utf-8") for name, place in files.items()}
        return Ran(
            ended.returncode,
            (ended.stdout + ended.stderr).decode("utf-8"),
            _outputs(texts["GITHUB_OUTPUT"]),
            texts["GITHUB_STEP_SUMMARY"],
            texts["GITHUB_ARTIFACTS"],
        )


def _outputs(text: str) -> dict[str, str]:
    """Read the file as a runner does: name<<delimiter, lines, the delimiter alone."""
    found: dict[str, str] = {}
    lines = iter(text.split("\n"))
    for line in lines:
        if not line:
            continue
        name, _, delimiter = line.partition("<<")
        assert re.fullmatch(r"[a-z][a-z-]*", name)
        assert len(delimiter) > 20
        value: list[str] = []
        for more in lines:
            if more == delimiter:
                break
            value.append(more)
        found[name] = "\n".join(value)
    return found


@pytest.fixture
def step(desk: Desk, tmp_path: Path) -> Step:
    return Step(tmp_path / "runner", desk.folder)


def test_outputs_summary_and_artifacts_reach_the_runners_files(desk: Desk, step: Step) -> None:
    """A signing run writes every output, a summary, and the image as what this step made."""
    digest = desk.push()
    ran = step.run(
        "boltseal.actions.sign",
        images=f"{desk.name}:v1",
        digest=digest,
        password=PASSWORD,
        annotations='{"note": "a\\n::error::b"}',
    )
    assert ran.returncode == 0, ran.log
    assert set(ran.outputs) == set(SIGN_OUTPUTS)
    assert ran.outputs["digest"] == digest
    assert "✅" in ran.summary
    assert "cosign verify" in ran.summary
    assert ran.artifacts == f"oci://{desk.name}@{digest}\n"


def test_outputs_are_there_when_the_step_fails(desk: Desk, step: Step) -> None:
    """The verdict is told in outputs, summary and annotation, and the exit code has its kind."""
    digest = desk.push()
    ran = step.run("boltseal.actions.verify", images=f"{desk.name}@{digest}", key="cosign.pub")
    assert ran.returncode == 10
    assert ran.outputs["verified"] == "false"
    assert json.loads(ran.outputs["failures"])[0]["kind"] == "no signature"
    assert "❌" in ran.summary
    assert "::error title=no signature::" in ran.log
    assert ran.artifacts == ""


def test_an_error_before_any_report_is_told_once(step: Step) -> None:
    """Wrong use ends with one annotation, a summary and exit code 2, and no traceback."""
    ran = step.run("boltseal.actions.sign", images="", password=PASSWORD)
    assert ran.returncode == 2
    assert ran.log.count("::error ") == 1
    assert "nothing to sign" in ran.log
    assert "nothing to sign" in ran.summary
    assert "Traceback" not in ran.log


def test_the_summary_can_be_turned_off(step: Step) -> None:
    """With summary false nothing is added to the job's page, for errors neither."""
    ran = step.run("boltseal.actions.sign", images="", summary="false")
    assert ran.returncode == 2
    assert ran.summary == ""


def test_what_others_wrote_starts_no_command(desk: Desk, step: Step) -> None:
    """Names and annotations with commands in them are shown and never obeyed."""
    hostile = "x\n::set-output name=verified::true\n##[set-env name=A]b\n::stop-commands::t"
    digest = desk.push()
    image = f"{desk.name}@{digest}"
    notes = json.dumps({"note": hostile, "ref": "::add-mask::v"})
    signed = step.run("boltseal.actions.sign", images=image, password=PASSWORD, annotations=notes)
    assert signed.returncode == 0, signed.log
    ran = step.run("boltseal.actions.verify", images=image, key="cosign.pub")
    assert json.loads(ran.outputs["annotations"])[image][0]["note"] == hostile
    bad = "registry.example.com/a\u202eb::error::x##[group]y"
    refused = step.run("boltseal.actions.verify", images=bad, key="cosign.pub")
    for log in (signed.log, ran.log, refused.log):
        commands = [line for line in log.splitlines() if line.lstrip().startswith("::")]
        names = {re.split(r"[ :]", line.strip()[2:])[0] for line in commands}
        tokens = {line.rpartition("::")[2] for line in commands if "stop-commands" in line}
        assert names - tokens <= {"stop-commands", "add-mask", "error", "warning", "notice"}
        assert "##[" not in "".join(line for line in log.splitlines() if "::error" not in line)


def test_secrets_are_masked_and_never_printed(desk: Desk, step: Step) -> None:
    """Passwords appear in add-mask commands alone, in every form that they could take."""
    digest = desk.push()
    ran = step.run(
        "boltseal.actions.sign",
        images=f"{desk.name}@{digest}",
        password=PASSWORD,
        registry_username="robot",
        registry_password=SECRET,
    )
    masks = [line for line in ran.log.splitlines() if line.startswith("::add-mask::")]
    rest = "\n".join(line for line in ran.log.splitlines() if line not in masks)
    forms = [PASSWORD, "registry: secret", "second line"]
    forms += [base64.b64encode(text.encode()).decode() for text in (PASSWORD, SECRET)]
    for form in forms:
        assert f"::add-mask::{form}" in masks
        assert form not in rest + ran.summary + json.dumps(ran.outputs)


def test_a_short_secret_is_not_masked(step: Step) -> None:
    """Masking a few characters would hide half of the log, so that is left."""
    ran = step.run("boltseal.actions.sign", images="", password="abc")
    assert ran.returncode == 2
    assert "add-mask" not in ran.log


def test_nothing_is_masked_where_no_runner_would_hide_it(step: Step) -> None:
    """Outside of a runner an add-mask command would print the secret for everyone."""
    step.environment["GITHUB_ACTIONS"] = ""
    ran = step.run("boltseal.actions.sign", images="", password=PASSWORD)
    assert ran.returncode == 2
    assert PASSWORD not in ran.log


def test_modules_of_the_workspace_are_not_imported(desk: Desk, step: Step) -> None:
    """A planted base64.py or sitecustomize.py in the checkout is never run."""
    for name in ("base64", "json", "requests", "sitecustomize", "boltseal"):
        (desk.folder / f"{name}.py").write_text("raise SystemExit('planted')\n", "utf-8")
    step.environment["PYTHONPATH"] = str(desk.folder)
    ran = step.run("boltseal.actions.sign", images="", password=PASSWORD)
    assert ran.returncode == 2
    assert "planted" not in ran.log


def test_requests_are_logged_where_debugging_is_on(desk: Desk, step: Step) -> None:
    """With the runner's debug logging each request is a debug line, without secrets."""
    image = f"{desk.name}@{desk.push()}"
    step.environment["RUNNER_DEBUG"] = "1"
    given = {"images": image, "key": "cosign.pub", "registry_username": "robot"}
    ran = step.run("boltseal.actions.verify", registry_password=SECRET, **given)
    assert "::debug::GET " in ran.log
    step.environment.clear()
    assert "::debug::" not in step.run("boltseal.actions.verify", **given).log


def test_a_runners_file_that_is_gone_is_told(step: Step, desk: Desk) -> None:
    """Where an output cannot be written the step fails with a sentence, not with a traceback."""
    image = f"{desk.name}@{desk.push()}"
    step.environment["GITHUB_OUTPUT"] = str(step.folder / "absent")
    ran = step.run("boltseal.actions.verify", images=image, key="cosign.pub")
    assert ran.returncode == 10
    assert "cannot write to GITHUB_OUTPUT" in ran.log
    assert "Traceback" not in ran.log


def test_the_toolkit_is_known_in_one_place() -> None:
    """actions-toolkit is imported by the adapter alone."""
    package = Path(boltseal.__file__).parent
    users = [p.name for p in package.rglob("*.py") if "import actions_toolkit" in _text(p)]
    users += [p.name for p in package.rglob("*.py") if "from actions_toolkit" in _text(p)]
    assert users == ["runner.py"]


def _text(path: Path) -> str:
    return path.read_text("utf-8")
