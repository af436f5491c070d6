"""The recorded commands on plain files, put to boltseal's flows."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from boltseal.core.verdict import ImageReport
from boltseal.flows.verify_blob import (
    Bench,
    Demand,
    Question,
    verify_blob,
    verify_blob_attestation,
)
from boltseal.formats.predicates import PredicateType
from boltseal.stores.files import LocalFiles
from boltseal.trust.open import open_trust
from boltseal.trust.policy import Requirement
from tests.golden.cases import VECTORS

_ALONE = {"--insecure-ignore-tlog", "--offline", "--insecure-ignore-sct", "--new-bundle-format"}


@dataclass(frozen=True, slots=True)
class Reading:
    """One recorded verification: the case, the program's generation, its words and its answer."""

    case: str
    generation: str
    argv: tuple[str, ...]
    status: int

    @property
    def flags(self) -> Mapping[str, str]:
        """Each flag with its value, empty for a switch."""
        found: dict[str, str] = {}
        left = list(self.argv[2:-1])
        while left:
            name = left.pop(0)
            found[name] = "" if name in _ALONE else left.pop(0)
        return found

    @property
    def title(self) -> str:
        """What is particular to the command, in a few words."""
        flags = self.flags
        key = flags.get("--key", "").removeprefix("keys/").removesuffix(".pub")
        words = [key.removeprefix("imported31-")]
        for name in ("--type", "--signature-digest-algorithm"):
            words += [f"{name[2:]}={flags[name]}"] if name in flags else []
        return " ".join([*words, self.argv[-1].removeprefix("blob/")])


def readings() -> tuple[Reading, ...]:
    """Every verification by key that was recorded."""
    listed: Sequence[Mapping[str, Any]] = json.loads((VECTORS / "blob/blob.json").read_text())
    return tuple(
        Reading(
            one["name"], run["program"].split()[1].rpartition(".")[0], tuple(run["argv"]), run["rc"]
        )
        for one in listed
        for run in one["verify"]
        if "--key" in run["argv"]
    )


def judged(reading: Reading) -> ImageReport:
    """Ask boltseal what the recorded command asked cosign."""
    flags = reading.flags
    key = (VECTORS / flags["--key"]).read_bytes()
    trust = open_trust([(flags["--key"], key)])
    demand = Demand(
        trust,
        Requirement.parse("any", known=trust.anchors),
        trust.hashes,
        trust.wants_whole,
        PredicateType.parse(flags.get("--type", "custom")).uri,
    )
    question = Question(
        str(VECTORS / reading.argv[-1]),
        bundle=str(VECTORS / flags["--bundle"]) if "--bundle" in flags else None,
        signature=(VECTORS / flags["--signature"]).read_bytes() if "--signature" in flags else None,
    )
    ask = verify_blob if reading.argv[1] == "verify-blob" else verify_blob_attestation
    return ask([question], demand, bench=Bench(LocalFiles())).images[0]
