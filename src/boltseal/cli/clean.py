"""`boltseal clean`: take away what stands beside an image."""

from __future__ import annotations

from boltseal.cli import wiring
from boltseal.cli.compat_carrying import CLEAN
from boltseal.cli.consent import goes_on
from boltseal.cli.flags import Arguments, Flag, Given, Kind, Verb
from boltseal.cli.shared import PLACES, REGISTRY
from boltseal.core.attached import Spot
from boltseal.core.signature import Form
from boltseal.core.signature import Kind as Stored
from boltseal.errors import UsageError
from boltseal.flows.clean import TAGS, Broom, Cleaned, clean, find_target, prune
from boltseal.stores import Store
from boltseal.stores.open import BOTH

_SPOTS = {
    "all": (*TAGS, Spot.REFERRER),
    "signature": (Spot.SIGNATURES,),
    "attestation": (Spot.ATTESTATIONS,),
    "sbom": (Spot.SBOMS,),
    "referrer": (Spot.REFERRER,),
}
_WORDS = {
    "all": "signatures, SBOMs and attestations",
    "signature": "signatures",
    "attestation": "attestations",
    "sbom": "SBOMs",
    "referrer": "bundles",
}
_KINDS = {
    "all": (Stored.SIGNATURE, Stored.ATTESTATION),
    "signature": (Stored.SIGNATURE,),
    "attestation": (Stored.ATTESTATION,),
    "referrer": (Stored.SIGNATURE, Stored.ATTESTATION),
}


def run(given: Given) -> int:
    """Ask, unless --force was given, and take away; name everything that is gone."""
    kind = given.text("type", "all")
    keep = given.number("keep", 0)
    if keep < 0:
        raise UsageError(f"--keep {keep}: write a number from 0 on")
    chosen = bool(given.texts("key")) or given.said("keep")
    if chosen and kind not in _KINDS:
        raise UsageError("--key and --keep choose among what is signed; an SBOM under a tag is not")
    trust = wiring.trust(given) if given.texts("key") else None
    if not given.flag("force") and not goes_on(given, _question(given, kind)):
        return 0
    with wiring.registry(given, writes=True) as store:
        broom = _broom(given, store, kind)
        target = find_target(wiring.named(given.words)[0], store=store)
        if chosen:
            done = prune(target, keep=keep, trust=trust, broom=broom)
        else:
            done = clean(target, _SPOTS[kind], broom=broom)
    _tell(given, done)
    return 0


def _question(given: Given, kind: str) -> str:
    whose = " by this key" if given.texts("key") else ""
    but = f" but the newest {given.number('keep', 0)}" if given.said("keep") else ""
    return f"this will remove all {_WORDS[kind]}{whose}{but} from the image"


def _broom(given: Given, store: Store, kind: str) -> Broom:
    forms = (Form.BUNDLE,) if kind == "referrer" else BOTH
    shelves = tuple(
        (stored, shelf)
        for stored in _KINDS.get(kind, ())
        for shelf in wiring.shelves(given, store, forms, kind=stored)
    )
    return Broom(
        store, shelves, wiring.attachments(given), prefix=given.text("attachment-tag-prefix")
    )


def _tell(given: Given, done: Cleaned) -> None:
    for gone in done.gone:
        given.around.say(f"Removed {gone} from {done.target.asked}")
    for notice in done.notices:
        given.around.say(f"Note: {notice}")


VERB = Verb(
    name="clean",
    summary="Take away what stands beside an image.",
    about="""\
Deletes the tags of signatures, attestations and SBOMs, and with referrer or all the bundles too, as
cosign 3 does. With --key or --keep, single signatures and attestations go, in both forms: those of
one key, and all but the newest. Registries that delete nothing say so.""",
    examples=(
        ("remove everything", "boltseal clean -f registry.example.com/app:v1"),
        (
            "remove what a lost key signed",
            "boltseal clean --key lost.pub registry.example.com/app:v1",
        ),
        (
            "keep the newest signature of each form",
            "boltseal clean --type signature --keep 1 registry.example.com/app:v1",
        ),
    ),
    run=run,
    flags=(
        Flag("type", "what to remove", choices=tuple(_SPOTS), default="all"),
        Flag("force", "ask nothing", Kind.BOOL, short="f"),
        Flag("key", "remove only what this public key signed", Kind.FILE, many=True, own=True),
        Flag("keep", "let the newest N of each kind stay", Kind.NUMBER, own=True),
        *PLACES,
        *REGISTRY,
    ),
    arguments=Arguments("IMAGE", 1, 1),
    cosign=CLEAN,
)
