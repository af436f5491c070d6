"""Where runs end: exit codes, one sentence for every failure, and no secret in any of it."""

from __future__ import annotations

import base64
import inspect
import io
import json
import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from boltseal import errors
from boltseal.cli.around import Around
from boltseal.cli.exitcodes import page
from boltseal.cli.main import VERBS, run
from tests.cli import raising
from tests.cli.desk import PASSWORD, Desk, Ran, pair, push
from tests.cli.test_compat import ALL
from tests.support.making import NOON
from tests.support.registry import Answer, Basic, Bearer, Delay, Options, Registry, Request

ROOT = Path(__file__).parents[2]
CLASSES = [
    value
    for value in vars(errors).values()
    if inspect.isclass(value) and issubclass(value, errors.BoltsealError)
]


def _raised(word: str, *flags: str) -> Ran:
    out, err = io.BytesIO(), io.StringIO()
    around = Around({}, None, out, err, lambda: NOON, os.urandom)
    code = run(["raise", *flags, word], around, verbs=raising.VERBS)
    return Ran(code, out.getvalue(), err.getvalue())


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_every_error_ends_in_its_code_and_one_safe_line(cls: type[errors.BoltsealError]) -> None:
    """An error of ours becomes `Error: …` on one line that no terminal or runner obeys."""
    ran = _raised(cls.__name__)
    assert ran.code == cls.exit_code
    assert ran.err == f"Error: {cls.__name__} \\x1b[31mhappened\\n::error::to the image\n"


def test_a_bug_is_told_without_its_message() -> None:
    """An unforeseen exception is one sentence with exit code 1; its message stays inside."""
    ran = _raised("bug")
    assert ran.code == 1
    assert "unexpected failure (a bug in boltseal" in ran.err
    assert "ValueError" in ran.err
    assert ran.err.count("\n") == 1
    verbose = _raised("bug", "--verbose")
    assert "raising.py" in verbose.err
    assert raising.SECRET not in ran.err + verbose.err


@pytest.mark.parametrize(
    ("word", "code", "said"), [("BrokenPipe", 141, ""), ("Keyboard", 130, "stopped")]
)
def test_an_end_from_outside_has_its_code(word: str, code: int, said: str) -> None:
    """A closed pipe ends the run quietly, an interruption in one line."""
    ran = _raised(word)
    assert ran.code == code
    assert said in ran.err
    assert ran.err.count("\n") == (1 if said else 0)


def test_the_page_of_exit_codes_is_the_table() -> None:
    """docs/exit-codes.md is what the program writes of its own table."""
    assert (ROOT / "docs" / "exit-codes.md").read_text("utf-8") == page()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (["verify", "--nonsense"], "No such option"),
        (["verify", "--ky", "x"], "--ky"),
        (["verfy"], "No such command 'verfy'"),
        (["verify", "--max-workers", "many"], "many"),
        (["verify", "--max-workers", "0", "--key", "KEY", "i"], "--max-workers 0"),
        (["verify", "--key", "KEY", "--format", "other", "i"], "other"),
        (["verify", "--key"], "--key needs a value"),
        (["sign"], "needs at least 1 IMAGE"),
        (["tree", "a", "b"], "at most 1 IMAGE"),
        (["version", "x"], "no argument but flags"),
        (["completion", "powershell"], "bash, zsh, fish"),
        (["verify", "--key", "KEY", "--timeout", "soon", "i"], "length of time"),
        (["verify", "--key", "KEY", "--retries", "99", "i"], "--retries"),
        (["verify", "--key", "KEY", "not a reference"], "not a reference"),
        (["sign", "--key", "KEY", "--upload=false", "i"], "--output-signature"),
        (["sign", "--key", "KEY", "--bundle", "b", "--format", "classic", "i"], "bundle form"),
        (["sign", "--key", "KEY", "--bundle", "b", "i", "j"], "several images"),
        (["sign", "--key", "KEY", "-a", "Subject=x", "i"], "reserved"),
        (["verify", "--key", "env://NOT_SET", "i"], "NOT_SET"),
    ],
)
def test_wrong_use_is_one_sentence(desk: Desk, line: list[str], said: str) -> None:
    """A mistake on the command line ends in exit code 2 and one line that names it."""
    ran = desk.run(*(desk.path("release.pub") if word == "KEY" else word for word in line))
    assert ran.code == 2, ran.err
    assert said in ran.err
    assert ran.err.startswith("Error: ")
    assert ran.err.count("\n") == 1


def test_keys_and_files_that_are_unusable_have_their_codes(desk: Desk, registry: Registry) -> None:
    """A public key to sign with is 5, a wrong password 6, a file that is not there 14."""
    image = push(registry, "team/app")
    assert desk.run("sign", "--key", desk.path("release.pub"), image).code == 5
    assert desk.run("verify", "--key", desk.path("release.key"), image).code == 5
    wrong = desk.run("sign", "--key", desk.path("release.key"), image, COSIGN_PASSWORD="wrong")
    assert wrong.code == 6
    assert desk.run("sign", "--key", desk.path("nothing.key"), image).code == 14
    line = ("verify", "--key", desk.path("release.pub"), "--report", "/nowhere/report", image)
    assert desk.run(*line).code == 14


def test_verdicts_have_cosigns_codes(desk: Desk, registry: Registry) -> None:
    """No signature is 10, no image 11, signatures that cannot be trusted 12."""
    desk.keys("other")
    image = push(registry, "team/app")
    line = ("verify", "--key", desk.path("release.pub"))
    assert desk.run(*line, image).code == 10
    assert desk.run(*line, f"{registry.host}/team/app:no").code == 11
    assert desk.run("sign", "--key", desk.path("other.key"), image).code == 0
    refused = desk.run(*line, image)
    assert refused.code == 12
    assert "Error: no matching signatures: " in refused.err
    assert refused.out == b""


def test_a_broken_registry_leaves_it_undecided(desk: Desk) -> None:
    """A registry that only answers 500 or nothing at all is exit code 3, never 'unsigned'."""

    def script(request: Request) -> Answer:
        return Answer(500)

    with Registry(script=script) as registry:
        image = push(registry, "team/app")
        line = ("verify", "--key", desk.path("release.pub"), "--retries", "0")
        ran = desk.run(*line, image)
    assert ran.code == 3
    assert "? undecided" in ran.err
    assert desk.run(*line, "127.0.0.1:1/team/app:v1").code == 3


def test_a_run_ends_by_its_timeout(desk: Desk) -> None:
    """--timeout bounds the whole command: what is not known by then is undecided."""

    def script(request: Request) -> Delay:
        return Delay(1.5)

    with Registry(script=script) as registry:
        image = push(registry, "team/app")
        ran = desk.run("verify", "--key", desk.path("release.pub"), "--timeout", "500ms", image)
    assert ran.code == 3


def test_missing_credentials_are_told(desk: Desk) -> None:
    """A registry that refuses access is exit code 4, with where credentials were looked for."""
    with Registry(Options(auth=Basic("robot", "geheim"))) as registry:
        image = push(registry, "team/app")
        ran = desk.run("verify", "--key", desk.path("release.pub"), image)
        flags = ("--registry-username", "robot", "--registry-password", "geheim")
        assert desk.run("sign", "--key", desk.path("release.key"), *flags, image).code == 0
    assert ran.code == 4
    assert ".docker/config.json" in ran.err


@pytest.mark.parametrize("name", VERBS)
def test_help_shows_an_example(desk: Desk, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Every verb's help has an example, and its summary is the one in the list of verbs."""
    assert desk.run(*name.split(), "--help").code == 0
    shown = capsys.readouterr().out
    assert f"\n    boltseal {name}" in shown or f"(boltseal {name}" in shown
    assert ALL[name].summary == VERBS[name][1]
    assert ALL[name].name == name


def test_help_tells_the_exit_codes(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    """The program's own help names the codes that matter, and -h is as good as --help."""
    assert desk.run("-h").code == 0
    shown = capsys.readouterr().out
    assert "10 no signature" in shown
    assert "COSIGN_PASSWORD" in shown


def test_help_is_a_verb_too(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    """`help VERB` shows what `VERB --help` shows, as cosign has it."""
    assert desk.run("help", "sign").code == 0
    assert capsys.readouterr().out.startswith("Usage: boltseal sign")


def test_version_is_told_for_programs(desk: Desk) -> None:
    """`version --json` is JSON with cosign's own member; cosign's old spelling works too."""
    assert desk.run("version", "--json").document["gitVersion"].startswith("v")
    assert b"GitVersion:" in desk.run("-version").out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_printed_and_works(desk: Desk, shell: str) -> None:
    """The script for a shell names the program; asked as bash asks, verbs are completed."""
    assert b"_BOLTSEAL_COMPLETE" in desk.run("completion", shell).out


def test_completion_completes_verbs_and_flags(desk: Desk) -> None:
    """Asked as bash asks, the program completes a verb's name."""
    ran = desk.process(
        _BOLTSEAL_COMPLETE="bash_complete", COMP_WORDS="boltseal tria", COMP_CWORD="1"
    )
    assert ran.out == b"plain,triangulate\n"


def test_verify_imports_only_what_it_uses(desk: Desk, registry: Registry) -> None:
    """Verifying imports neither the engine's SDK, nor rich, nor YAML, nor another verb."""
    image = push(registry, "team/app")
    program = (
        "import sys; from boltseal.cli.main import main; code = main(sys.argv[1:]);"
        "unused = ('docker', 'rich', 'yaml', 'boltseal.cli.sign');"
        "print([name for name in unused if name in sys.modules], code)"
    )
    ended = subprocess.run(
        [sys.executable, "-I", "-c", program, "verify", "--key", "release.pub", image],
        capture_output=True,
        check=False,
        env=desk.variables(),
        cwd=desk.folder,
        timeout=60,
    )
    assert ended.stdout == b"[] 10\n"


def test_no_secret_is_told(desk: Desk) -> None:
    """With --verbose no password, key text, token or credential is in any output."""
    sent: set[str] = set()

    def script(request: Request) -> None:
        sent.add(request.header("Authorization"))

    login = "robot:registry password"
    encoded = base64.b64encode(login.encode()).decode()
    with Registry(Options(auth=Bearer("robot", "registry password")), script=script) as registry:
        config = {"auths": {registry.host: {"auth": encoded}}}
        (desk.folder / ".docker").mkdir()
        desk.write(".docker/config.json", json.dumps(config).encode())
        image = push(registry, "team/app")
        key = pair("release").private.decode()
        runs = [
            desk.process("sign", "-d", "--key", "env://KEY", image, KEY=key),
            desk.process("sign", "-d", "--key", "release.key", image, COSIGN_PASSWORD="wrong one"),
            desk.process("verify", "--verbose", "--key", "release.pub", image),
            desk.run("sign", "-d", "--key", key, image),
        ]
    assert [ran.code for ran in runs] == [0, 6, 0, 0]
    said = "".join(ran.err + ran.out.decode() for ran in runs)
    assert "GET " in said
    tokens = {value.partition(" ")[2] for value in sent if value}
    assert any(value.startswith("Bearer ") for value in sent)
    secrets = {
        PASSWORD,
        "wrong one",
        "registry password",
        encoded,
        *tokens,
        *key.splitlines()[1:-1],
    }
    assert not [secret for secret in secrets if secret in said]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_ends_the_run_in_one_line(desk: Desk, number: signal.Signals, code: int) -> None:
    """A run that is stopped in the middle of a request says so and ends with the signal's code."""
    begun = threading.Event()

    def script(request: Request) -> Delay:
        begun.set()
        return Delay(3)

    with Registry(script=script) as registry:
        image = push(registry, "team/app")
        child = subprocess.Popen(
            [
                sys.executable,
                "-I",
                "-m",
                "boltseal",
                "verify",
                "--key",
                "release.pub",
                image,
                image,
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=desk.variables(),
            cwd=desk.folder,
        )
        assert begun.wait(30)
        child.send_signal(number)
        out, err = child.communicate(timeout=30)
    assert child.returncode == code
    assert out == b""
    assert re.fullmatch(rb"Error: the run was stopped by a signal[^\n]*\n", err), err


def test_a_closed_pipe_is_quiet(desk: Desk) -> None:
    """Where nobody reads standard output any more, the run ends without a word."""
    reading, writing = os.pipe()
    os.close(reading)
    ended = subprocess.run(
        [sys.executable, "-I", "-m", "boltseal", "public-key", "--key", "release.key"],
        stdin=subprocess.DEVNULL,
        stdout=writing,
        stderr=subprocess.PIPE,
        check=False,
        env=desk.variables(),
        cwd=desk.folder,
        timeout=60,
    )
    os.close(writing)
    assert (ended.returncode, ended.stderr) == (141, b"")
