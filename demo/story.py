"""Sign an image, verify it, and then everything that must not pass."""

from __future__ import annotations

from datetime import datetime, timezone

from demo.intruder import Intruder
from demo.stage import Stage
from tests.peers.images import PushedImage, push
from tests.support.registry import Registry

COMMIT = "8f14e45fceea167a5a36dedd4bea2543c0ffee01"
OTHER = "c9f0f895fb98ab9159f51fd0297e236d0badc0de"
PASSWORD = "a demo password, from a secret of your CI"


def tell(stage: Stage, *, registry: Registry) -> None:
    """Play every chapter; raises Surprise at the first step that does not do what it should."""
    image = _pushed(stage, registry)
    _key(stage)
    _sign(stage, image)
    _verify(stage)
    _other_commit(stage)
    _moved_tag(stage, registry, image)
    _forged(stage, image)
    _other_key(stage, registry)
    stage.say(
        "\nDone: one image was let through, and everything else was stopped. Nothing but the"
        "\nregistry was asked, and all of it is gone again. README.md has the workflow to paste."
    )


def _pushed(stage: Stage, registry: Registry) -> PushedImage:
    stage.chapter("A build pushes an image")
    stage.say(f"A registry made of Python listens on {registry.host}; a small image goes there.")
    image = push(registry.url, "shop/web", tag="v1")
    stage.export("IMAGE", image.pinned)
    stage.export("TAG", image.tagged)
    return image


def _key(stage: Stage) -> None:
    stage.chapter("A key pair, once for a project")
    stage.say("cosign.key is encrypted and may be committed; the password is a secret of the CI.")
    stage.export("COSIGN_PASSWORD", PASSWORD)
    stage.run("boltseal generate-key-pair", says="Private key written to cosign.key")


def _sign(stage: Stage, image: PushedImage) -> None:
    stage.chapter("The build signs what it pushed")
    stage.say("By digest, with the commit and the time inside the signature.")
    now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    stage.export("COMMIT", COMMIT)
    stage.export("CREATED", now)
    stage.run(
        'boltseal sign --key cosign.key -a commit="$COMMIT" -a created="$CREATED" "$IMAGE"',
        says=image.digest,
    )


def _verify(stage: Stage) -> None:
    stage.chapter("The deploy job verifies before it deploys")
    stage.say("It has the public key only. What was signed comes out as JSON, as from cosign.")
    stage.run(
        'boltseal verify --key cosign.pub -a commit="$COMMIT" "$IMAGE"',
        says=f'"commit":"{COMMIT}"',
    )


def _other_commit(stage: Stage) -> None:
    stage.chapter("Refused: an image that was built from another commit")
    stage.say("The signature is good, but it says another commit than the one to be deployed.")
    stage.export("OTHER", OTHER)
    stage.run(
        'boltseal verify --key cosign.pub -a commit="$OTHER" "$IMAGE"',
        code=12,
        says=f"annotation 'commit' is '{COMMIT}', not '{OTHER}'",
    )


def _moved_tag(stage: Stage, registry: Registry, image: PushedImage) -> None:
    stage.chapter("Refused: somebody pushes another image to the tag")
    push(registry.url, image.repository, tag=image.tag, seed="not what was built")
    stage.say("The tag v1 names an image now that nobody has signed.")
    stage.run('boltseal verify --key cosign.pub "$TAG"', code=10, says="no signature is stored")
    stage.say("The image that was signed is still the one to trust, by its digest:")
    stage.run('boltseal verify --key cosign.pub "$IMAGE" >/dev/null')


def _forged(stage: Stage, image: PushedImage) -> None:
    stage.chapter("Refused: somebody rewrites the commit inside the signature")
    intruder = Intruder(f"http://{image.host}/v2/{image.repository}")
    intruder.forge_classic(image.digest, old=COMMIT, new=OTHER)
    stage.say("In one of the two stored forms: the other one still holds, and says the old commit.")
    stage.run('boltseal verify --key cosign.pub -a commit="$COMMIT" "$IMAGE" >/dev/null')
    intruder.forge_bundle(image.digest, old=COMMIT, new=OTHER)
    stage.say("In both: what the registry says looks right, and no longer is what the key signed.")
    stage.run(
        'boltseal verify --key cosign.pub -a commit="$OTHER" "$IMAGE"',
        code=12,
        says="none of 2 signatures may be trusted",
    )


def _other_key(stage: Stage, registry: Registry) -> None:
    stage.chapter("Refused: an image that somebody else signed with another key")
    image = push(registry.url, "shop/web", tag="v2", seed="signed by a stranger")
    stage.export("IMAGE", image.pinned)
    stage.run("boltseal generate-key-pair --output-key-prefix stranger")
    stage.run('boltseal sign --key stranger.key -a commit="$COMMIT" "$IMAGE"')
    stage.run(
        'boltseal verify --key cosign.pub -a commit="$COMMIT" "$IMAGE"',
        code=12,
        says="none of 2 signatures may be trusted",
    )
