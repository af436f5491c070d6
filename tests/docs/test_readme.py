"""What the README says is true: its commands run, its tables match, its links lead somewhere."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from boltseal.cli.main import VERBS
from boltseal.errors import exit_codes
from tests.docs.pages import action_files, load
from tests.docs.text import ROOT, blocks, links, read, rows
from tests.peers.images import push
from tests.support.registry import Registry

README = read("README.md")
OWN = "owner/boltseal"


def test_every_command_of_the_readme_does_what_it_says(tmp_path: Path) -> None:
    """The blocks that are marked run as they stand, in order, in one folder."""
    marked = [block for block in blocks(README) if block.runs]
    assert len(marked) >= 10
    with Registry() as registry:
        environment = _environment(registry, home=tmp_path)
        for block in marked:
            if block.needs and not shutil.which(block.needs):
                continue
            ended = subprocess.run(
                ["/bin/sh", "-eu", "-c", block.text],
                cwd=tmp_path,
                env=environment,
                capture_output=True,
                text=True,
                stdin=subprocess.DEVNULL,
                timeout=120,
                check=False,
            )
            told = f"{block.text}\n{ended.stdout}\n{ended.stderr}"
            assert ended.returncode == block.exits, told


def _environment(registry: Registry, *, home: Path) -> dict[str, str]:
    image = push(registry.url, "shop/web", tag="v1")
    other = push(registry.url, "shop/worker", tag="v1")
    return {
        "PATH": f"{Path(sys.executable).parent}:{os.defpath}",
        "HOME": str(home),
        "COSIGN_PASSWORD": "a password long enough for the README",
        "GITHUB_SHA": "8f14e45fceea167a5a36dedd4bea2543c0ffee01",
        "IMAGE": image.pinned,
        "OTHER_IMAGE": other.pinned,
        "REGISTRY": registry.host,
    }


def test_the_exit_codes_of_the_readme_are_the_programs() -> None:
    """Each code in the README's table has the title that the program gives it."""
    known = exit_codes()
    told = {int(code): title for code, title in rows(README, below="## Exit codes")}
    assert told == {code: known[code] for code in told}
    assert {0, 3, 10, 11, 12} <= set(told)


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"])
def test_every_link_leads_to_a_file_of_this_repository(page: str) -> None:
    """A relative link names a file that is there."""
    missing = [link for link in links(read(page)) if not (ROOT / link.partition("#")[0]).exists()]
    assert not missing


def test_the_workflow_to_paste_uses_inputs_and_outputs_that_there_are() -> None:
    """What the workflow gives to an action, and takes from it, the action declares."""
    (text,) = (block.text for block in blocks(README) if block.mark == "workflow")
    jobs = yaml.safe_load(text)["jobs"]
    ours = {_uses(path): load(path) for path in action_files()}
    steps = [step for job in jobs.values() for step in job["steps"]]
    used = [step for step in steps if step.get("uses", "").startswith(OWN)]
    assert [step["uses"].partition("@")[0] for step in used] == [OWN, f"{OWN}/actions/verify"]
    for step in used:
        action = ours[step["uses"].partition("@")[0]]
        assert set(step["with"]) <= set(action["inputs"])
        taken = {word.partition(" ")[0] for word in text.split(f"steps.{step['id']}.outputs.")[1:]}
        assert taken, f"the workflow makes no use of the outputs of {step['id']}"
        assert taken <= set(action["outputs"])


def _uses(path: Path) -> str:
    folder = path.parent.relative_to(ROOT).as_posix()
    return OWN if folder == "." else f"{OWN}/{folder}"


def test_the_changelog_names_every_verb() -> None:
    """A verb that is there was told of when it came."""
    quoted = set(read("CHANGELOG.md").split("`")[1::2])
    assert not [verb for verb in VERBS if verb not in quoted]


def test_the_rooms_in_the_contributors_page_are_the_folders() -> None:
    """The table of rooms names every room there is, and no other."""
    told = [cell for row in rows(read("CONTRIBUTING.md"), below="## The rooms") for cell in row[:1]]
    rooms = {name for cell in told for name in cell.replace("`", "").split(", ")}
    found = {path.stem for path in (ROOT / "src" / "boltseal").iterdir() if _is_room(path)}
    assert rooms == found


def _is_room(path: Path) -> bool:
    module = path.suffix == ".py" and not path.stem.startswith("__")
    return module or (path / "__init__.py").exists()


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md"])
def test_every_make_target_that_is_named_is_in_the_makefile(page: str) -> None:
    """`make NAME` in a page is a target of the Makefile."""
    makefile = (ROOT / "Makefile").read_text("utf-8")
    words = [line.split()[1] for line in _made(read(page))]
    assert words
    assert not [word for word in words if f"\n{word}:" not in makefile]


def _made(page: str) -> list[str]:
    quoted = [piece for piece in page.split("`") if piece.startswith("make ")]
    shown = [line for block in blocks(page) for line in block.text.splitlines()]
    return [*quoted, *(line for line in shown if line.startswith("make "))]


def test_what_is_not_in_this_version_is_not_there() -> None:
    """A verb that the README calls absent is absent; when it comes, the sentence goes."""
    section = README.split("## What is not in this version\n")[1].split("\n## ")[0]
    assert not set(section.split("`")[1::2]) & set(VERBS)
