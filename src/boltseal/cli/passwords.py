"""The password of a private key: from the environment, a terminal or standard input, never a flag.

Source: cosign's order; what is read from a pipe is taken byte for byte.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from boltseal.cli.around import Around
from boltseal.errors import PasswordError, UsageError

VARIABLE = "COSIGN_PASSWORD"
LARGEST = 1024 * 1024
NEW_VARIABLE = "BOLTSEAL_NEW_PASSWORD"
WEAK = 12
_PROMPT = "Enter password for private key: "
_AGAIN = "Enter password for private key again: "
_NEW, _NEW_AGAIN = "Enter new password: ", "Enter new password again: "
_MISSING = (
    f"the private key needs a password, and there is none: {VARIABLE} is not set, standard "
    "input is no terminal and holds nothing. In a workflow, write under env: "
    f"{VARIABLE}: ${{{{ secrets.{VARIABLE} }}}} (empty counts as set)"
)


def read_password(around: Around, *, new: bool = False) -> bytes:
    """Return the password: COSIGN_PASSWORD if set, else asked for, else all of standard input.

    A `new` one is asked for twice, and warned of if it is weak. Raise PasswordError where there
    is none, or where the two differ.
    """
    if VARIABLE in around.environment:
        password = around.environment[VARIABLE].encode("utf-8", "surrogateescape")
    elif around.asks:
        password = _asked(around, new=new)
    else:
        password = _piped(around)
    if new:
        _warn_if_weak(password, around)
    return password


def read_new_password(around: Around) -> bytes:
    """Return the password that a key is to have from now on: BOLTSEAL_NEW_PASSWORD, else asked for.

    It is asked for twice, and warned of if it is weak. Raise PasswordError where there is none,
    or where the two differ.
    """
    if NEW_VARIABLE in around.environment:
        password = around.environment[NEW_VARIABLE].encode("utf-8", "surrogateescape")
    elif around.asks:
        password = ask_hidden(around, _NEW)
        if ask_hidden(around, _NEW_AGAIN) != password:
            raise PasswordError("the two passwords do not match; nothing was written")
    else:
        raise PasswordError(
            f"a new password is needed, and there is none: {NEW_VARIABLE} is not set and standard "
            "input is no terminal"
        )
    _warn_if_weak(password, around)
    return password


def ask_hidden(around: Around, prompt: str) -> bytes:
    """Ask on the terminal without showing what is typed; Go's and cosign's own way of asking."""
    with _silence(around):
        # Only now: what is typed before the echo is off would be shown, or thrown away.
        around.tell(prompt)
        try:
            line = around.stdin.readline(LARGEST) if around.stdin else b""
        finally:
            around.tell("\n")
    return line.rstrip(b"\r\n")


def _asked(around: Around, *, new: bool) -> bytes:
    password = ask_hidden(around, _PROMPT)
    if new and ask_hidden(around, _AGAIN) != password:
        raise PasswordError("the two passwords do not match; nothing was written")
    return password


def _piped(around: Around) -> bytes:
    content = around.stdin.read(LARGEST + 1) if around.stdin else b""
    if not content:
        raise PasswordError(_MISSING)
    if len(content) > LARGEST:
        raise UsageError(
            f"standard input holds more than {LARGEST} bytes, which is no password; "
            f"set {VARIABLE} or pipe the password alone"
        )
    return content


def _warn_if_weak(password: bytes, around: Around) -> None:
    if not password:
        around.say("WARNING: the password is empty: whoever reads the key file can sign with it")
    elif len(password) < WEAK:
        around.say(
            f"WARNING: the password has {len(password)} bytes and can be guessed by whoever reads "
            f"the key file; take {WEAK} or more at random"
        )


@contextlib.contextmanager
def _silence(around: Around) -> Iterator[None]:
    """Turn the terminal's echo off meanwhile; without termios (Windows) it stays on."""
    try:
        import termios
    except ImportError:
        yield
        return
    handle = around.stdin.fileno() if around.stdin else 0
    before = termios.tcgetattr(handle)
    silent = [*before]
    silent[3] = before[3] & ~termios.ECHO
    try:
        termios.tcsetattr(handle, termios.TCSAFLUSH, silent)
        yield
    finally:
        termios.tcsetattr(handle, termios.TCSAFLUSH, before)
