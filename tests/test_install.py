"""The environment is made from hash-locked files and from wherever this machine gets packages."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LOCKS = ["requirements/pip.txt", "requirements/test.txt", "requirements/dev.txt", "actions/uv.txt"]


@pytest.mark.parametrize("lock", [*LOCKS, "actions/requirements.txt"])
def test_every_locked_package_has_a_hash_and_no_address(lock: str) -> None:
    """A lock pins versions by hash and names no index, so that any mirror will do."""
    text = (ROOT / lock).read_text("utf-8")
    pins = re.findall(r"^[A-Za-z0-9._-]+==\S+ .*\\$", text, re.M)
    names = re.findall(r"^[A-Za-z0-9]\S*", text, re.M)
    assert len(pins) == len(names) > 0
    assert "--hash=sha256:" in text
    assert "://" not in text


def test_uv_is_told_where_pip_gets_packages(tmp_path: Path) -> None:
    """A machine that has set up pip for its mirror needs to set up nothing else."""
    config = tmp_path / "pip.conf"
    config.write_text(
        "[global]\nindex-url = https://mirror.invalid/simple\nfind-links = /one\n  /two\n", "utf-8"
    )
    script = (
        f"import sys; sys.path.insert(0, {str(ROOT / 'requirements')!r}); import install; "
        "print(sorted(install._uv_settings([sys.executable, '-m', 'pip']).items()))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script],
        env={"PIP_CONFIG_FILE": str(config), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "('UV_DEFAULT_INDEX', 'https://mirror.invalid/simple')" in ended.stdout
    assert "('UV_FIND_LINKS', '/one,/two')" in ended.stdout


def test_what_the_actions_install_is_what_is_tested() -> None:
    """Each package of the actions' lock has the version that the tests run with."""
    locks = [_pins(ROOT / name) for name in ("actions/requirements.txt", "requirements/test.txt")]
    assert locks[0] <= locks[1]


def _pins(lock: Path) -> set[str]:
    return set(re.findall(r"^([A-Za-z0-9._-]+==\S+)", lock.read_text("utf-8"), re.M))
