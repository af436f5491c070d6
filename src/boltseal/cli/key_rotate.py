"""`boltseal key rotate`: the next key pair, and the old key's signatures made again with it."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from boltseal.cli import compat, wiring
from boltseal.cli.flags import Arguments, Flag, Given, Kind, Verb
from boltseal.cli.passwords import read_new_password
from boltseal.cli.progress import shown
from boltseal.cli.shared import PARALLEL, PLACES, REGISTRY, format_flag
from boltseal.core.keyfile import open_key
from boltseal.core.keys import PublicKey
from boltseal.core.names import Reference
from boltseal.core.signature import Kind as Spoken
from boltseal.core.signing import SignReport
from boltseal.errors import FileUnusable, KeyUnusable, UsageError
from boltseal.flows.keypair import generate
from boltseal.flows.rotate import Handover, rotate
from boltseal.flows.sign import Workshop
from boltseal.flows.verify import Demand
from boltseal.reports import signing
from boltseal.signers.local import LocalSigner
from boltseal.stores.keyfiles import read, write_pair
from boltseal.trust.key import KeyTrust
from boltseal.trust.policy import Requirement


def run(given: Given) -> int:
    """Make or open the next key, repeat what the old one signed, and say what is left to do."""
    for word in given.words:
        Reference.parse_place(word)
    old = _old(given)
    prefix = given.text("output-key-prefix", "cosign-next")
    signer, made = _next(given, prefix)
    if signer.public_key == old:
        raise UsageError(f"{prefix}.key holds the old key itself; give another --output-key-prefix")
    around = given.around
    if made and not given.flag("dry-run"):
        around.say(f"Private key written to {prefix}.key")
        around.say(f"Public key written to {prefix}.pub")
    report = _rotated(given, old, signer) if given.words else None
    code = 0 if report is None else _tell(given, report)
    if code == 0:
        _advise(given, prefix)
    return code


def _old(given: Given) -> PublicKey:
    """Return the public key to take over from: nothing is signed with the old one any more."""
    reference = given.text("key")
    if not reference:
        raise UsageError("no --key was given; name the old PUBLIC key: a file, env://NAME or a URL")
    return PublicKey.parse(wiring.key_reader(given)(reference), what="the old public key (--key)")


def _next(given: Given, prefix: str) -> tuple[LocalSigner, bool]:
    """Return the next key: the one of an earlier run, else a new one, written unless dry."""
    path = f"{prefix}.key"
    password = read_new_password(given.around)
    if os.path.lexists(path):
        key = open_key(read(path), password=password, what=f"key {path}")
        _check_pair(prefix, key.public_key)
        return LocalSigner(key), False
    pair = generate(password=password, entropy=given.around.entropy)
    if not given.flag("dry-run"):
        write_pair(prefix, pair.private, pair.public, overwrite=False)
    return LocalSigner(open_key(pair.private, password=password, what=f"key {path}")), True


def _check_pair(prefix: str, key: PublicKey) -> None:
    public = Path(f"{prefix}.pub")
    if not public.exists():
        raise FileUnusable(
            f"{prefix}.key is there and {public} is not; write it with "
            f"`boltseal public-key --key {prefix}.key --outfile {public}`"
        )
    if PublicKey.parse(read(public), what=str(public)) != key:
        raise KeyUnusable(f"{prefix}.key and {public} are no pair; see `boltseal key lint`")


def _rotated(given: Given, old: PublicKey, signer: LocalSigner) -> SignReport:
    trust = KeyTrust.of([("the old key", old)])
    demand = Demand(trust, Requirement.parse("any", known=trust.anchors))
    forms = wiring.forms(given, bundles="both")
    writes = not given.flag("dry-run")
    with wiring.registry(given, writes=writes) as store, shown(given.around) as progress:
        workshop = Workshop(
            store,
            wiring.shelves(given, store, forms),
            signer,
            now=given.around.now,
            parallel=wiring.parallel(given),
            progress=progress,
        )
        handover = Handover(
            demand,
            attested=wiring.shelves(given, store, forms, kind=Spoken.ATTESTATION),
            recursive=given.flag("recursive"),
            dry_run=given.flag("dry-run"),
        )
        return rotate(wiring.named(given.words), handover, workshop=workshop)


def _tell(given: Given, report: SignReport) -> int:
    around = given.around
    if given.text("output") == "json":
        around.put(signing.structured(report).encode())
    else:
        around.tell(signing.text(report, colour=around.colour))
    if report.error is None:
        return 0
    around.say(f"Error: {report.error}")
    around.say("Run it again with the same key: only what is missing is signed")
    return report.error.exit_code


def _advise(given: Given, prefix: str) -> None:
    say = given.around.say
    if given.flag("dry-run"):
        say("Note: nothing was written (--dry-run)")
        return
    old = given.text("key")
    named = "the old public key" if "-----BEGIN" in old else old
    say("What is left to do:")
    say(f"  1. commit {prefix}.pub (and {prefix}.key, if your encrypted key is in the repository)")
    say(f"  2. let verifiers trust both for a while: --key {named} --key {prefix}.pub")
    say(f"  3. sign with {prefix}.key and its password from now on; change the secret of your CI")
    say("  4. run this again for images that were signed with the old key meanwhile")
    say(f"  5. once all that is deployed is signed with the next key, take {named} away")


VERB = Verb(
    name="key rotate",
    summary="Make the next key and sign again what the old one signed.",
    about="""\
Makes a key pair, unless an earlier run has made it, and repeats with it what verifies under the
old public key: signatures with their annotations and attestations with their statements, in the
forms in which they are stored. The old ones stay, so that both keys are good for a while. A second
run signs what is missing only. The new password comes from BOLTSEAL_NEW_PASSWORD or a prompt; the
old private key is not needed.""",
    examples=(
        (
            "make cosign-next.key and sign two images again",
            "boltseal key rotate --key cosign.pub registry.example.com/app:v1 "
            "registry.example.com/app:v2",
        ),
        (
            "see what would be signed, platform images too",
            "boltseal key rotate --key cosign.pub -r --dry-run registry.example.com/app:v1",
        ),
    ),
    run=run,
    flags=(
        Flag("key", "the old public key: a file, env://NAME or a URL", Kind.FILE, own=True),
        Flag(
            "output-key-prefix",
            "path in front of .key and .pub of the next key",
            default="cosign-next",
            metavar="PREFIX",
            own=True,
        ),
        Flag("recursive", "the platform images of an index too", Kind.BOOL, short="r", own=True),
        format_flag("both"),
        Flag("dry-run", "look, and write nothing", Kind.BOOL, own=True),
        Flag(
            "output",
            "text on standard error, or json on standard output",
            choices=("text", "json"),
            default="text",
            own=True,
        ),
        PARALLEL,
        *(replace(flag, own=True) for flag in (*PLACES, *REGISTRY)),
    ),
    arguments=Arguments("IMAGE", 0, None),
    cosign=compat.COMPLETION,
)
