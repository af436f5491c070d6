"""`boltseal init`: a repository that signs and verifies from its next push on."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from boltseal.cli import compat
from boltseal.cli.flags import Flag, Given, Kind, Verb
from boltseal.cli.forging import forge, repository_of, token_of
from boltseal.errors import FileUnusable, UsageError
from boltseal.flows.init import Outset, Secrets, begin
from boltseal.flows.keypair import KeyPair
from boltseal.formats.workflow import PLACE, Workflow
from boltseal.stores.forge import SecretTarget
from boltseal.stores.githistory import git_in
from boltseal.stores.keyfiles import write_pair

ACTION = "owner/boltseal@v1"
_TARGET = "repository"


def run(given: Given) -> int:
    """Check everything first, then make the key, keep its password, write, and say what is left."""
    folder = Path(given.text("folder", "."))
    if not folder.is_dir():
        raise FileUnusable(f"{str(folder)!r} is no folder; give that of the repository")
    repository = repository_of(given, folder)
    # Read before anything is done, whether or not a forge is asked.
    target = SecretTarget.parse(
        given.text("secret-target", _TARGET), repository=repository or "owner/name"
    )
    workflow = _workflow(given, repository, target)
    _check_places(given, folder, workflow)
    keep = tuple(_keepers(given, folder))
    with _secrets(given, folder, target if repository else None) as secrets:
        outset = Outset(
            workflow.secret,
            secrets,
            keep=keep,
            write=lambda pair: _write(given, folder, workflow, pair),
            overwrite=given.flag("force"),
            dry_run=given.flag("dry-run"),
        )
        begin(outset, entropy=given.around.entropy)
        stored = secrets is not None
    _tell(given, workflow, stored=stored, target=target)
    return 0


@contextlib.contextmanager
def _secrets(given: Given, folder: Path, target: SecretTarget | None) -> Iterator[Secrets | None]:
    if not token_of(given):
        yield None
        return
    if target is None:
        raise UsageError("which repository on the forge is meant is not known: give --repository")
    with forge(given, folder, target=target) as opened:
        yield opened


def _workflow(given: Given, repository: str, target: SecretTarget) -> Workflow:
    image = given.text("image") or (f"ghcr.io/{repository.lower()}" if repository else "")
    if not image:
        raise UsageError(
            "which image the workflow builds is not known: give --image, or --repository owner/name"
        )
    return Workflow.of(
        image,
        action=given.text("action", ACTION),
        prefix=given.text("output-key-prefix", "cosign"),
        secret=given.text("secret-name", "COSIGN_PASSWORD"),
        branch=given.text("branch", "main"),
        environment=target.name if target.kind == "environment" else "",
    )


def _check_places(given: Given, folder: Path, workflow: Workflow) -> None:
    names = (f"{workflow.prefix}.key", f"{workflow.prefix}.pub", PLACE)
    there = [name for name in names if os.path.lexists(folder / name)]
    if there and not given.flag("force"):
        raise FileUnusable(
            f"{', '.join(there)} {'is' if len(there) == 1 else 'are'} there and kept; move it "
            "away, or give --force to lose it: a key that is lost cannot be made again"
        )
    parent = (folder / workflow.prefix).parent
    if not os.access(parent, os.W_OK):
        raise FileUnusable(f"the folder {str(parent)!r} is not there or cannot be written to")


def _keepers(given: Given, folder: Path) -> Iterator[Callable[[bytes], None]]:
    if given.said("password-file"):
        path = Path(given.text("password-file"))
        _check_outside(path, folder, given)
        yield lambda password: _new_file(path, password)
    if given.flag("print-password"):
        _check_terminal(given)
        yield lambda password: given.around.put(password + b"\n")


def _check_outside(path: Path, folder: Path, given: Given) -> None:
    """Refuse a place for the password that could be committed together with the key."""
    top = git_in(folder, given.around.environment)(("rev-parse", "--show-toplevel"), b"")
    roots = [Path(os.path.realpath(folder))]
    if top is not None:
        roots.append(Path(os.path.realpath(os.fsdecode(top.rstrip(b"\n")))))
    place = Path(os.path.realpath(path))
    if any(root == place or root in place.parents for root in roots):
        raise UsageError(
            f"--password-file {path} is within the repository, where it could be committed beside "
            "the key; give a path outside of it"
        )
    if os.path.lexists(path):
        raise FileUnusable(f"--password-file {path} is there and is not overwritten")
    if not os.access(place.parent, os.W_OK):
        raise FileUnusable(f"--password-file {path}: its folder cannot be written to")


def _check_terminal(given: Given) -> None:
    environment = given.around.environment
    if not given.around.stdout.isatty() or environment.get("GITHUB_ACTIONS") == "true":
        raise UsageError(
            "--print-password shows the password on a terminal and nowhere else: standard output "
            "is none, and what is written there may be kept; use --password-file"
        )


def _new_file(path: Path, password: bytes) -> None:
    """Write the password, without a newline, to a file of its own that did not exist."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(password)
    except OSError as error:
        raise FileUnusable(f"cannot write {str(path)!r}: {error.strerror}") from error


def _write(given: Given, folder: Path, workflow: Workflow, pair: KeyPair) -> None:
    force = given.flag("force")
    write_pair(folder / workflow.prefix, pair.private, pair.public, overwrite=force)
    place = folder / PLACE
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        if force and place.is_symlink():
            raise FileUnusable(f"{place} is a symbolic link and is not written through")
        with open(place, "wb" if force else "xb") as file:
            file.write(workflow.text().encode())
    except OSError as error:
        raise FileUnusable(f"cannot write {str(place)!r}: {error.strerror}") from error


def _tell(given: Given, workflow: Workflow, *, stored: bool, target: SecretTarget) -> None:
    say = given.around.say
    files = f"{workflow.prefix}.key, {workflow.prefix}.pub and {PLACE}"
    done = "would be" if given.flag("dry-run") else "was"
    if stored:
        say(f"The password {done} stored as the secret {workflow.secret} of {target}")
    if given.said("password-file"):
        say(f"The password {done} written to {given.text('password-file')} (mode 0600)")
    say(f"{files} {done.replace('was', 'were')} written")
    if given.flag("dry-run"):
        say("Note: nothing was written (--dry-run)")
        return
    say("What is left to do:")
    if not stored:
        say(f"  - store the password: {_command(given, workflow, target)}")
    if given.said("password-file"):
        say("  - keep the password in your password store, and delete the file")
    say(f"  - commit: git add {workflow.prefix}.key {workflow.prefix}.pub {PLACE}")
    say("  - put your deployment into the last step of the workflow")
    if workflow.action == ACTION:
        say(f"  - put the account of your copy of the actions in place of {ACTION.split('/')[0]}/")


def _command(given: Given, workflow: Workflow, target: SecretTarget) -> str:
    """Return the command line of GitHub's own program that stores the password."""
    where = {
        "repository": f"--repo {target.repository}",
        "environment": f"--repo {target.repository} --env '{target.name}'",
        "organisation": f"--org {target.name} --repos {target.repository.partition('/')[2]}",
    }[target.kind]
    source = f" < {given.text('password-file')}" if given.said("password-file") else ""
    return f"gh secret set {workflow.secret} {where}{source}"


VERB = Verb(
    name="init",
    summary="Prepare a repository to sign and verify in its workflow.",
    about="""\
Makes a key pair with a password made by chance, stores the password as a secret of the forge
(GitHub, GitHub Enterprise Server, Gitea, Forgejo) with the token in GH_TOKEN or GITHUB_TOKEN, and
writes a workflow that builds, pushes, signs, verifies and deploys. Without a token the password
goes to --password-file, and the command that stores it is told. Nothing that is there is
overwritten, in the forge either, unless --force says so.""",
    examples=(
        ("begin in this repository, on GitHub", "GH_TOKEN=$(gh auth token) boltseal init"),
        (
            "begin without a token",
            "boltseal init --repository shop/web --password-file ~/cosign.password",
        ),
        (
            "keep the password in an environment, on GitHub Enterprise Server",
            "boltseal init --api-url https://git.example.com/api/v3 "
            "--secret-target environment:release",
        ),
    ),
    run=run,
    flags=(
        Flag(
            "repository",
            "the repository on the forge; else GITHUB_REPOSITORY, or what the remote origin says",
            metavar="OWNER/NAME",
            own=True,
        ),
        Flag("image", "image that the workflow builds; ghcr.io/OWNER/NAME by default", own=True),
        Flag(
            "secret-target",
            "where the secret is kept: repository, environment:NAME or organisation:NAME",
            default=_TARGET,
            metavar="PLACE",
            own=True,
        ),
        Flag("secret-name", "name of the secret", default="COSIGN_PASSWORD", own=True),
        Flag(
            "api-url",
            "the forge's API; else GITHUB_API_URL, or https://api.github.com",
            metavar="URL",
            own=True,
        ),
        Flag("action", "the signing action and its version", default=ACTION, own=True),
        Flag("branch", "branch whose pushes are released", default="main", own=True),
        Flag("folder", "root of the repository", Kind.FILE, default=".", own=True),
        Flag(
            "output-key-prefix",
            "path within the folder in front of .key and .pub",
            default="cosign",
            metavar="PREFIX",
            own=True,
        ),
        Flag(
            "password-file",
            "write the password to this new file, outside of the repository",
            Kind.FILE,
            own=True,
        ),
        Flag("print-password", "show the password on the terminal, once", Kind.BOOL, own=True),
        Flag("force", "overwrite files and the secret that are there", Kind.BOOL, own=True),
        Flag("dry-run", "check everything, and write nothing", Kind.BOOL, own=True),
    ),
    cosign=compat.COMPLETION,
)
