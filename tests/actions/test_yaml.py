"""The actions' YAML says what the code reads and writes, and keeps the runner's rules."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from boltseal.actions.declaring import declared
from boltseal.actions.files import (
    SIGN_BLOB_OUTPUTS,
    VERIFY_BLOB_OUTPUTS,
    SignBlobInputs,
    VerifyBlobInputs,
)
from boltseal.actions.inputs import AttestInputs, SignInputs, VerifyInputs
from boltseal.actions.outputs import ATTEST_OUTPUTS, SIGN_OUTPUTS, VERIFY_OUTPUTS
from boltseal.actions.setup import SETUP_OUTPUTS, SetupInputs
from tests.actions.desk import Desk

ROOT = Path(__file__).parent.parent.parent
ACTIONS: list[tuple[str, type[Any], dict[str, str], str]] = [
    ("action.yml", SignInputs, SIGN_OUTPUTS, "sign"),
    ("actions/verify/action.yml", VerifyInputs, VERIFY_OUTPUTS, "verify"),
    ("actions/sign-blob/action.yml", SignBlobInputs, SIGN_BLOB_OUTPUTS, "sign-blob"),
    ("actions/verify-blob/action.yml", VerifyBlobInputs, VERIFY_BLOB_OUTPUTS, "verify-blob"),
    ("actions/setup/action.yml", SetupInputs, SETUP_OUTPUTS, "setup"),
    ("actions/attest/action.yml", AttestInputs, ATTEST_OUTPUTS, "attest"),
]
each = pytest.mark.parametrize(("path", "inputs", "outputs", "verb"), ACTIONS)


def _load(path: str) -> dict[str, Any]:
    value = yaml.safe_load((ROOT / path).read_text("utf-8"))
    assert isinstance(value, dict)
    return value


def test_no_action_is_left_out_here() -> None:
    """Every action file of the repository is compared with its code."""
    found = {str(path.relative_to(ROOT)) for path in ROOT.glob("actions/*/action.yml")}
    assert found | {"action.yml"} == {path for path, *_ in ACTIONS}


@each
def test_inputs_are_those_of_the_code(
    path: str, inputs: type[Any], outputs: dict[str, str], verb: str
) -> None:
    """Names, defaults and descriptions agree, and none claims to be required."""
    found = {
        name: (told["default"], told["description"], told["required"])
        for name, told in _load(path)["inputs"].items()
    }
    assert found == {one.name: (one.default, one.help, False) for one in declared(inputs)}


@each
def test_every_input_is_handed_over_by_environment(
    path: str, inputs: type[Any], outputs: dict[str, str], verb: str
) -> None:
    """A composite gets no INPUT_ variables by itself, so each is set, and nothing else is."""
    (step,) = _load(path)["runs"]["steps"]
    wanted = {one.variable: f"${{{{ inputs.{one.name} }}}}" for one in declared(inputs)}
    assert step["env"] == wanted


@each
def test_every_output_is_mapped_from_the_step(
    path: str, inputs: type[Any], outputs: dict[str, str], verb: str
) -> None:
    """Names and descriptions agree with the code's, each read from the one step."""
    (step,) = _load(path)["runs"]["steps"]
    wanted = {
        name: {"description": help, "value": f"${{{{ steps.{step['id']}.outputs.{name} }}}}"}
        for name, help in outputs.items()
    }
    assert _load(path)["outputs"] == wanted


@each
def test_the_runners_rules_are_kept(
    path: str, inputs: type[Any], outputs: dict[str, str], verb: str
) -> None:
    """One step, no nested action, no expression in a script, and the verb that the file is for."""
    runs = _load(path)["runs"]
    (step,) = runs["steps"]
    assert runs["using"] == "composite"
    assert "uses" not in step
    assert step["shell"] == "bash"
    assert "${{" not in step["run"]
    script = re.fullmatch(r'bash "\$GITHUB_ACTION_PATH/(\S+)" (\S+)', step["run"])
    assert script is not None
    assert script[2] == verb
    assert (ROOT / Path(path).parent / script[1]).resolve() == ROOT / "actions" / "run.sh"


def test_the_verbs_write_the_outputs_that_are_declared(desk: Desk) -> None:
    """What an action sets is exactly what its YAML maps, on success and on failure."""
    image = f"{desk.name}@{desk.push()}"
    for told in (desk.verify(images=image), desk.sign(images=image), desk.verify(images=image)):
        wanted = VERIFY_OUTPUTS if "verified" in told.outputs else SIGN_OUTPUTS
        assert set(told.outputs) == set(wanted)
