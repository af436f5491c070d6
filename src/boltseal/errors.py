"""What can go wrong, who must act, and the exit code that says so.

    BoltsealError               1   something we did not foresee
    ├── UsageError              2   the caller: a flag, an input, a reference, a combination
    ├── Undecided               3   nobody yet: the answer could not be found out; try again
    │   └── RegistryError       3   the registry: no answer, a broken one, or no registry's
    │       ├── Unready         3   the registry: it does not show yet what it has just accepted
    │       └── AccessDenied    4   whoever gives out credentials and permissions
    ├── KeyUnusable             5   the owner of the key: damaged, of another kind, too weak
    ├── PasswordError           6   the owner of the password: missing or wrong
    ├── AlreadySigned           7   the caller of `--on-existing fail`
    ├── Moved                   8   the pipeline: the tag names another digest than the one pushed
    ├── Refused                 9   the owner of the workflow: signing here would be unsafe
    ├── NoSignature            10   the signer: there is nothing to verify (cosign's code)
    ├── ImageNotFound          11   the pusher: the image is not there (cosign's code)
    ├── NotTrusted             12   the reader: signatures, none to be trusted (cosign's code)
    ├── NotStored              13   the registry's owner: it said yes and kept nothing
    ├── FileUnusable           14   the machine: a local file cannot be read or written
    ├── Malformed              15   the author of the bytes: they are not what they claim to be
    │   ├── Unsupported        15   this program: a version or kind that it does not know (yet)
    │   └── IntegrityError     15   the store: bytes that are not those of their digest
    ├── ServiceError           16   the far side of a signer or a forge
    └── Interrupted           130   nobody: the run was stopped from outside

Every class has one exit code and every code one class, but for those that differ only in what
the program does next. `exit_codes()` is the table that the documentation prints.
"""

from __future__ import annotations


class BoltsealError(Exception):
    """Say what happened, to what, the likely cause and what to change, in one sentence or two."""

    exit_code = 1
    title = "unexpected failure"


class UsageError(BoltsealError):
    """Refuse a call: the command line, an input, a reference or a combination of them is wrong."""

    exit_code = 2
    title = "wrong use"


class Undecided(BoltsealError):
    """Tell that the answer could not be found out; it is never read as 'unsigned'."""

    exit_code = 3
    title = "undecided"


class RegistryError(Undecided):
    """Tell that a registry did not answer, answered something broken, or is no registry."""


class Unready(RegistryError):
    """Tell that a registry does not see blobs that it accepted a moment ago.

    It happens where several clients upload the same blob at once; sending again mends it.
    """


class AccessDenied(RegistryError):
    """Tell that a registry asks for credentials or permissions that this run does not have."""

    exit_code = 4
    title = "access denied"


class KeyUnusable(BoltsealError):
    """Refuse a key: damaged, of another kind, unencrypted where it must not be, or too weak."""

    exit_code = 5
    title = "unusable key"


class PasswordError(BoltsealError):
    """Tell that the password of a private key is missing or does not open it."""

    exit_code = 6
    title = "password"


class AlreadySigned(BoltsealError):
    """Tell that an equal signature exists and that the caller asked to fail then."""

    exit_code = 7
    title = "already signed"


class Moved(BoltsealError):
    """Tell that a tag names another digest than the one that this run means."""

    exit_code = 8
    title = "tag moved"


class Refused(BoltsealError):
    """Refuse to sign where the event that started the run cannot be trusted with a key."""

    exit_code = 9
    title = "refused"


class NoSignature(BoltsealError):
    """Tell that no signature is stored for the image."""

    exit_code = 10
    title = "no signature"


class ImageNotFound(BoltsealError):
    """Tell that the registry does not have the image."""

    exit_code = 11
    title = "image not found"


class NotTrusted(BoltsealError):
    """Tell that signatures are there and that none, or not enough of them, may be trusted."""

    exit_code = 12
    title = "not trusted"


class NotStored(BoltsealError):
    """Tell that a registry accepted a write and does not show it afterwards."""

    exit_code = 13
    title = "not stored"


class FileUnusable(BoltsealError):
    """Tell that a local file or folder cannot be read or written."""

    exit_code = 14
    title = "unusable file"


class Malformed(BoltsealError):
    """Tell that bytes are not what they claim to be: not JSON, ambiguous, cut, too large."""

    exit_code = 15
    title = "malformed"


class Unsupported(Malformed):
    """Tell that bytes are of a version or kind that this program does not read.

    As the only evidence it leaves the verdict undecided: a newer reader might know better.
    """


class IntegrityError(Malformed):
    """Tell that a store handed out bytes that are not those of the digest asked for."""


class ServiceError(BoltsealError):
    """Tell that a signing service or a forge refused or did not answer."""

    exit_code = 16
    title = "service"


class Interrupted(BoltsealError):
    """Tell that the run was stopped by a signal before its end."""

    exit_code = 130
    title = "interrupted"


def _classes(root: type[BoltsealError]) -> list[type[BoltsealError]]:
    return [root, *(deeper for child in root.__subclasses__() for deeper in _classes(child))]


def exit_codes() -> dict[int, str]:
    """Return the table of exit codes: number to title, 0 and 1 included, in ascending order."""
    table = {0: "trusted, or done"}
    for cls in _classes(BoltsealError):
        table.setdefault(cls.exit_code, cls.title)
    return dict(sorted(table.items()))
