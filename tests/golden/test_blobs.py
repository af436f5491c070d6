"""Every recorded verification of a plain file gets cosign's verdict, or another with a reason."""

from __future__ import annotations

import json
from functools import cache

import pytest

from tests.golden.blobs import Reading, judged, readings
from tests.golden.cases import VECTORS
from tests.support.tables import Record, tell

TABLE = "golden readings of plain files: verdicts that differ from cosign's"
REASONS = {
    "HASH": "every hash that cosign signs with is tried, so the flag for one changes nothing",
    "OWN": "3.1 signed it in a way that neither cosign verifies by default; boltseal does",
    "STANDS-IN": "the bundle brings its signer's key, and cosign takes it for the key asked for",
}
# case | command | cosign's exit statuses by generation | boltseal's exit code | reason
_DIFFERENCES = """
31-p256-old-bundle | k25b artifact.bin | 2.5:0 3.1:0 | 12 | STANDS-IN
31-rsa2048-old-bundle | k25b artifact.bin | 2.5:0 3.1:0 | 12 | STANDS-IN
31-ed25519-old-bundle | k25b artifact.bin | 2.5:0 3.1:0 | 12 | STANDS-IN
25-p384-signature | p384-sec1 signature-digest-algorithm=sha384 artifact.bin | 3.1:1 | 0 | HASH
25-p384-bundle | p384-sec1 signature-digest-algorithm=sha384 artifact.bin | 3.1:1 | 0 | HASH
25-p521-signature | p521-pkcs8 signature-digest-algorithm=sha512 artifact.bin | 3.1:1 | 0 | HASH
25-p521-bundle | p521-pkcs8 signature-digest-algorithm=sha512 artifact.bin | 3.1:1 | 0 | HASH
31-p384-signature | p384-sec1 artifact.bin | 2.5:1 3.1:1 | 0 | OWN
31-p384-old-bundle | p384-sec1 artifact.bin | 2.5:1 3.1:1 | 0 | OWN
31-p384-bundle | p384-sec1 artifact.bin | 3.1:1 | 0 | OWN
31-p521-signature | p521-pkcs8 artifact.bin | 2.5:1 3.1:1 | 0 | OWN
31-p521-old-bundle | p521-pkcs8 artifact.bin | 2.5:1 3.1:1 | 0 | OWN
31-p521-bundle | p521-pkcs8 artifact.bin | 3.1:1 | 0 | OWN
31-ed25519-bundle | ed25519-pkcs8 artifact.bin | 3.1:1 | 0 | OWN
31-ed25519-bundle | ed25519-pkcs8 signature-digest-algorithm=sha256 artifact.bin | 3.1:1 | 0 | OWN
"""


@cache
def differences() -> dict[tuple[str, str], tuple[str, int, str]]:
    rows = [[c.strip() for c in line.split("|")] for line in _DIFFERENCES.strip().splitlines()]
    return {(case, title): (theirs, int(ours), why) for case, title, theirs, ours, why in rows}


@cache
def asked() -> dict[tuple[str, str], tuple[Reading, ...]]:
    found: dict[tuple[str, str], tuple[Reading, ...]] = {}
    for one in readings():
        found[one.case, one.title] = (*found.get((one.case, one.title), ()), one)
    return found


@pytest.mark.parametrize("name", asked(), ids=" ".join)
def test_a_recorded_verification_of_a_file_gets_its_verdict(
    name: tuple[str, str], record_property: Record
) -> None:
    """The verdict on a file is that of both cosigns, or one that the table gives a reason for."""
    runs = asked()[name]
    ours = judged(runs[0]).exit_code
    statuses = " ".join(f"{run.generation}:{run.status}" for run in runs)
    meant = {0 if run.status == 0 else 12 for run in runs}
    if name in differences():
        theirs, code, why = differences()[name]
        assert (theirs, code) == (statuses, ours)
        assert meant != {ours}, "this is no difference"
        tell(record_property, TABLE, *name, statuses, f"boltseal:{ours}", why, REASONS[why])
    else:
        assert meant == {ours}, statuses


def test_the_table_of_differences_names_recorded_commands_only() -> None:
    """No row of the table is about a command that was not recorded, or has an unknown reason."""
    assert set(differences()) <= set(asked())
    assert {why for _, _, why in differences().values()} == set(REASONS)


def test_only_the_keyless_bundle_is_left_out() -> None:
    """Every recorded verification by key is judged here; what is left asks for an identity."""
    listed = json.loads((VECTORS / "blob/blob.json").read_text())
    left = {one["name"] for one in listed for run in one["verify"] if "--key" not in run["argv"]}
    assert left == {"31-keyless-bundle"}
    assert len(asked()) > 80
