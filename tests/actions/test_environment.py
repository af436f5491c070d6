"""The environment of the actions: locked, private, the same for all steps of a job, made once."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
import threading
from pathlib import Path
from types import ModuleType

import pytest
import yaml
from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent.parent
SCRIPT = ROOT / "actions" / "environment.py"
RUN = ROOT / "actions" / "run.sh"


def _module() -> ModuleType:
    spec = importlib.util.spec_from_file_location("actions_environment", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


environment = _module()


def _locked(name: str) -> dict[str, list[str]]:
    """Return what a lock pins: names to versions."""
    text = (ROOT / "actions" / name).read_text("utf-8")
    found: dict[str, list[str]] = {}
    for package, version in re.findall(r"^([a-z0-9-]+)==([^ ;\\]+)", text, re.MULTILINE):
        found.setdefault(package, []).append(version)
    return found


def test_the_lock_fits_what_the_package_needs() -> None:
    """Every runtime dependency is locked in a version that pyproject.toml allows."""
    # tomllib is there from Python 3.11 on; this much TOML can be read without it.
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    listed = re.search(r"^dependencies = \[(.*?)^\]", project, re.MULTILINE | re.DOTALL)
    assert listed is not None
    locked = _locked("requirements.txt")
    for text in re.findall(r'"([^"]+)"', listed[1]):
        wanted = Requirement(text)
        for version in locked[wanted.name.lower()]:
            assert wanted.specifier.contains(version), text


@pytest.mark.parametrize("name", ["requirements.txt", "uv.txt"])
def test_a_lock_has_hashes_and_names_no_index(name: str) -> None:
    """Each requirement has a hash; where packages come from is the machine's matter."""
    text = (ROOT / "actions" / name).read_text("utf-8")
    entries = re.split(r"^(?=[a-z0-9-]+==)", text, flags=re.MULTILINE)[1:]
    assert entries
    assert all("--hash=sha256:" in entry for entry in entries)
    assert "://" not in text
    assert "index" not in text


def test_an_installer_sees_no_secret_and_no_surprise() -> None:
    """Inputs, tokens and settings of pip and Python that change what is installed are withheld."""
    given = {
        "INPUT_PASSWORD": "x",
        "COSIGN_PASSWORD": "x",
        "GITHUB_TOKEN": "x",
        "ACTIONS_RUNTIME_TOKEN": "x",
        "PYTHONPATH": "x",
        "PIP_TARGET": "x",
        "PIP_NO_BINARY": "x",
        "UV_NO_VERIFY_HASHES": "x",
        "VIRTUAL_ENV": "x",
        "PIP_INDEX_URL": "mirror",
        "PIP_CERT": "ca.pem",
        "UV_DEFAULT_INDEX": "mirror",
        "PATH": "/bin",
        "https_proxy": "proxy",
    }
    kept = environment.installer_variables(given)
    assert {name for name, value in kept.items() if value == "x"} == set()
    assert set(kept) >= {"PIP_INDEX_URL", "PIP_CERT", "UV_DEFAULT_INDEX", "PATH", "https_proxy"}
    assert kept["PIP_USER"] == "0"


def test_what_pip_is_set_to_is_told_to_uv() -> None:
    """pip.conf and PIP_ variables decide where packages come from, whoever installs them."""
    listed = "\n".join(
        [
            ":env:.cert='/ca.pem'",
            "global.index-url='https://mirror.example/simple'",
            "install.index-url='https://other.example/simple'",
            "global.find-links='/one\\n/two'",
            "global.extra-index-url='https://a.example https://b.example'",
            "freeze.timeout='1'",
            "global.timeout='9'",
            "broken line",
            "global.proxy=__import__('os')",
        ]
    )
    assert environment.uv_settings(listed, {"UV_INDEX"}) == {
        "UV_DEFAULT_INDEX": "https://other.example/simple",
        "UV_FIND_LINKS": "/one,/two",
        "UV_HTTP_TIMEOUT": "9",
        "SSL_CERT_FILE": "/ca.pem",
    }


def test_environments_stand_where_only_this_user_writes(tmp_path: Path) -> None:
    """The runner's temporary folder is taken, made private, and one open to others is not."""
    folder = environment.home({"RUNNER_TEMP": str(tmp_path), "RUNNER_TOOL_CACHE": "/"})
    assert folder == tmp_path.resolve() / "boltseal"
    assert folder.stat().st_mode & 0o777 == 0o700
    folder.chmod(0o777)
    elsewhere = environment.home({"RUNNER_TEMP": str(tmp_path)})
    assert not elsewhere.is_relative_to(tmp_path.resolve())
    elsewhere.rmdir()
    folder.rmdir()
    folder.symlink_to(tmp_path)
    elsewhere = environment.home({"RUNNER_TEMP": str(tmp_path)})
    assert not elsewhere.is_relative_to(tmp_path.resolve())
    elsewhere.rmdir()


def test_the_key_is_stable() -> None:
    """The same source, lock and interpreter have the same environment."""
    assert environment.key() == environment.key()
    assert re.fullmatch(r"[0-9a-f]{64}", environment.key())


def test_of_two_jobs_at_once_one_publishes_and_both_use_it(tmp_path: Path) -> None:
    """A finished environment appears whole; whoever comes second takes the first one's."""
    place = tmp_path / "place"
    ready = threading.Barrier(4)
    found: list[Path] = []

    def job(number: int) -> None:
        made = tmp_path / f"made{number}"
        made.mkdir(mode=0o700)
        (made / "whole").write_text("yes", "utf-8")
        ready.wait()
        found.append(environment._publish(made, place))

    threads = [threading.Thread(target=job, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [place] * 4
    assert (place / "whole").read_text("utf-8") == "yes"


def _run(*args: str, path: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    env = {"PATH": f"{path}:/usr/bin:/bin", "RUNNER_TEMP": str(path), **variables}
    return subprocess.run(
        ["bash", str(RUN), *args],
        env=env,
        cwd=path,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def _stub(place: Path, script: str) -> None:
    place.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
    place.chmod(0o755)


NAMES = ("python3", "python", *(f"python3.{minor}" for minor in range(10, 15)))


def test_an_old_python_is_told_in_one_sentence(tmp_path: Path) -> None:
    """Where every Python is too old, the one line of output says what is needed."""
    for name in NAMES:
        _stub(tmp_path / name, "exit 1")
    ended = _run("sign", path=tmp_path)
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert ended.stderr.count("\n") == 1
    assert ended.stderr.startswith("::error title=boltseal::")
    assert "needs Python 3.10 or newer" in ended.stderr


def test_the_python_that_is_asked_for_is_taken_or_refused(tmp_path: Path) -> None:
    """The input names one Python; if it does not do, no other takes its place."""
    ended = _run("sign", path=tmp_path, INPUT_PYTHON="/no/such\n::error::%x")
    assert ended.returncode == 2
    assert ended.stderr.count("\n") == 1
    assert "%0A::error::%25x" in ended.stderr


def test_the_first_python_that_is_new_enough_is_taken(tmp_path: Path) -> None:
    """An old python3 on PATH is passed over for a newer one of another name."""
    for name in NAMES:
        _stub(tmp_path / name, "exit 1")
    log = tmp_path / "log"
    _stub(tmp_path / "python3.12", f'echo "$@" >> {log}; case "$2" in -c) exit 0;; esac; exit 14')
    ended = _run("verify", path=tmp_path)
    assert ended.returncode == 14
    asked = log.read_text("utf-8").splitlines()
    assert all(line.startswith("-I ") for line in asked)
    assert asked[-1].endswith("actions/environment.py")


def test_only_verbs_that_are_there_are_run(tmp_path: Path) -> None:
    """A verb is no module path."""
    for verb in ("", "../sign", "seam", "sign.x"):
        assert _run(verb, path=tmp_path).returncode == 2


def _script(path: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the script with this Python, and no network that could help."""
    env = {"PATH": "/usr/bin:/bin", "RUNNER_TEMP": str(path), **variables}
    command = [sys.executable, "-I", str(SCRIPT)]
    return subprocess.run(
        command, env=env, cwd=path, capture_output=True, text=True, check=False, timeout=120
    )


def test_a_wheelhouse_that_lacks_a_package_is_told(tmp_path: Path) -> None:
    """Without the locked files there is no environment; what pip said is shown, no rest stays."""
    (tmp_path / "wheels").mkdir()
    ended = _script(tmp_path, INPUT_WHEELHOUSE=str(tmp_path / "wheels"))
    assert ended.returncode == 14
    assert ended.stdout == ""
    assert "::error title=boltseal::boltseal's packages could not be installed" in ended.stderr
    assert "actions-toolkit" in ended.stderr
    assert os.listdir(tmp_path / "boltseal") == []


def test_a_wheelhouse_that_is_no_folder_is_told(tmp_path: Path) -> None:
    """A wrong path for the wheelhouse is named."""
    ended = _script(tmp_path, INPUT_WHEELHOUSE="absent", GITHUB_WORKSPACE=str(tmp_path))
    assert ended.returncode == 14
    assert "names 'absent', which is no folder" in ended.stderr


def test_both_actions_start_through_the_one_script() -> None:
    """Every action of the repository ends in run.sh with a verb that it knows."""
    for path in (ROOT / "action.yml", *ROOT.glob("actions/*/action.yml")):
        (step,) = yaml.safe_load(path.read_text("utf-8"))["runs"]["steps"]
        verb = step["run"].split()[-1]
        assert re.search(
            rf"^  (?:[\w-]+ \| )*{verb}(?: \| [\w-]+)*\) verb=", RUN.read_text("utf-8"), re.M
        )
