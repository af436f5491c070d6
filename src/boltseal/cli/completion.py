"""`boltseal completion`: the script that lets a shell complete verbs and flags."""

from __future__ import annotations

from click.shell_completion import ShellComplete, get_completion_class

from boltseal.cli import compat
from boltseal.cli.flags import Arguments, Given, Verb
from boltseal.errors import UsageError

SHELLS = ("bash", "zsh", "fish")


def run(given: Given) -> int:
    """Print the script for one shell."""
    from boltseal.cli.main import COMPLETE, VERBS, program

    shell = given.words[0]
    known = get_completion_class(shell) if shell in SHELLS else None
    if known is None:
        why = (
            "completion for PowerShell is not there"
            if shell == "powershell"
            else f"{shell!r} is no shell that is known here"
        )
        raise UsageError(f"{why}; choose one of {', '.join(SHELLS)}")
    # bash's own class would run bash to ask for its version; printing needs none.
    script = ShellComplete.source(known(program(VERBS), {}, "boltseal", COMPLETE))
    given.around.put(script.encode() + b"\n")
    return 0


VERB = Verb(
    name="completion",
    summary="Print a script that completes commands in a shell.",
    about="The shell is bash, zsh or fish.",
    examples=(
        ("load it into this bash", "source <(boltseal completion bash)"),
        ("keep it for fish", "boltseal completion fish > ~/.config/fish/completions/boltseal.fish"),
    ),
    run=run,
    arguments=Arguments("SHELL", 1, 1),
    cosign=compat.COMPLETION,
)
