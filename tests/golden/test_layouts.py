"""Folders that both cosigns saved are read as they read them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.desk import Desk
from tests.support.registry import Registry

VECTORS = Path(__file__).parents[1] / "vectors"
CASES: list[dict[str, Any]] = json.loads((VECTORS / "layouts/layouts.json").read_text("utf-8"))
ASKED = [
    (case["name"], asked["argv"][1:])
    for case in CASES
    for asked in case["verify"]
    if asked["program"] == "cosign 3.1.1"
]


def _expected(name: str, argv: list[str]) -> bool:
    """Whether either cosign trusted that folder with that command line."""
    case = next(case for case in CASES if case["name"] == name)
    return any(one["rc"] == 0 for one in case["verify"] if one["argv"][1:] == argv)


def _placed(argv: list[str]) -> list[str]:
    paths = ("keys/", "layouts/")
    return [str(VECTORS / word) if word.startswith(paths) else word for word in argv]


@pytest.mark.parametrize(("name", "argv"), ASKED, ids=lambda value: str(value)[-60:])
def test_a_saved_folder_is_judged_as_by_cosign(name: str, argv: list[str], tmp_path: Path) -> None:
    """cosign's own command line for --local-image ends in cosign's verdict."""
    ran = Desk(tmp_path).run(*_placed(argv))
    assert ran.code == (0 if _expected(name, argv) else 12), ran.err


def test_each_folder_is_trusted_with_one_key_and_most_not_with_another() -> None:
    """The recorded verdicts are of both kinds, so that the test above can fail either way."""
    verdicts = [_expected(name, argv) for name, argv in ASKED]
    assert len(CASES) == 8
    assert (verdicts.count(True), verdicts.count(False)) == (9, 7)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_saved_folder_is_loaded_whole(case: dict[str, Any], tmp_path: Path) -> None:
    """What cosign saved is pushed with signatures, attestations and bundles, and verifies there."""
    desk = Desk(tmp_path)
    folder = str(VECTORS / "layouts" / case["name"])
    with Registry() as registry:
        image = f"{registry.host}/team/app:v1"
        loaded = desk.run("load", "--dir", folder, image)
        assert loaded.code == 0, loaded.err
        for name, argv in ASKED:
            if name == case["name"]:
                line = [word for word in _placed(argv) if word not in ("--local-image", folder)]
                assert desk.run(*line, image).code == (0 if _expected(name, argv) else 12)
