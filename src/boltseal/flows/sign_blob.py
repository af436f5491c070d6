"""Sign plain files, or statements about them, and write what was made beside them.

path -files.message-> Message -draft-> Draft -signer-> Proof -write-> files
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from boltseal.core.message import Message
from boltseal.core.names import Digest
from boltseal.core.signature import Draft, Form
from boltseal.core.verdict import gravest
from boltseal.core.writing import proto_json
from boltseal.errors import BoltsealError, Malformed, UsageError
from boltseal.flows import Progress, Quiet
from boltseal.flows.attest import Claim, check_claim
from boltseal.flows.targets import side_by_side
from boltseal.formats import attestation, blob, bundle
from boltseal.formats.dsse import IN_TOTO, Envelope
from boltseal.formats.statement import Statement, attest_statement
from boltseal.signers import Signer
from boltseal.stores import Files

LARGEST = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Outputs:
    """Where to write what is made of one file; nothing is written for None.

    `signature` is a file of base64, or of raw bytes with `raw`; of an attestation it is the
    envelope. `old` chooses cosign 2's form of `bundle`. With `keep`, a file whose outputs are
    there and hold by this key is left alone.
    """

    signature: str | None = None
    bundle: str | None = None
    statement: str | None = None
    raw: bool = False
    old: bool = False
    keep: bool = False

    @property
    def paths(self) -> tuple[str, ...]:
        """All the files that are to be written."""
        return tuple(path for path in (self.signature, self.bundle, self.statement) if path)


@dataclass(frozen=True, slots=True)
class Piece:
    """One file that is to be signed, `-` being standard input, and where the outcome goes.

    A whole statement may come without a path: its own subject is meant then. `digest` is that
    of a file which is attested and is not at hand; without it the file is read.
    """

    path: str
    outputs: Outputs = field(default_factory=Outputs)
    digest: Digest | None = None


@dataclass(frozen=True, slots=True)
class Desk:
    """What signing files works with."""

    files: Files
    signer: Signer
    parallel: int = 4
    progress: Progress = field(default_factory=Quiet)


@dataclass(frozen=True, slots=True)
class SignedFile:
    """What was done about one file: what goes to standard output, what was written, what failed."""

    path: str
    content: bytes = b""
    written: tuple[tuple[str, str], ...] = ()
    digest: Digest | None = None
    kept: bool = False
    error: BoltsealError | None = None


@dataclass(frozen=True, slots=True)
class FilesSigned:
    """What was done about every file of a run, in the order given."""

    files: tuple[SignedFile, ...]

    @property
    def error(self) -> BoltsealError | None:
        """The gravest failure, None if every file was signed."""
        return gravest([file.error for file in self.files if file.error])


def sign_blob(pieces: Sequence[Piece], *, desk: Desk) -> FilesSigned:
    """Sign every file; failures stand in the report by file.

    Raise UsageError for no files, and where two outputs would be one file.
    """
    return _each(pieces, lambda piece: _signed(piece, desk), desk=desk)


def attest_blob(pieces: Sequence[Piece], claim: Claim, *, desk: Desk) -> FilesSigned:
    """Sign the claim about every file; failures stand in the report by file.

    Raise UsageError as `sign_blob` does, and what `check_claim` raises.
    """
    check_claim(claim, progress=desk.progress)
    return _each(pieces, lambda piece: _attested(piece, claim, desk), desk=desk)


def _each(
    pieces: Sequence[Piece], work: Callable[[Piece], SignedFile], *, desk: Desk
) -> FilesSigned:
    _check(pieces)
    desk.progress.started(len(pieces))

    def one(piece: Piece) -> SignedFile:
        try:
            done = work(piece)
        except BoltsealError as error:
            done = SignedFile(piece.path, error=error)
        word = "failed" if done.error else "kept" if done.kept else "signed"
        desk.progress.finished(piece.path, word)
        return done

    return FilesSigned(side_by_side(one, pieces, parallel=desk.parallel))


def _check(pieces: Sequence[Piece]) -> None:
    if not pieces:
        raise UsageError("there is nothing to sign: no file was given")
    inputs = [piece.path for piece in pieces]
    outputs = [path for piece in pieces for path in piece.outputs.paths]
    for path in inputs:
        if inputs.count(path) > 1:
            raise UsageError(f"{path} is given twice; give each file once")
        if path in outputs:
            raise UsageError(f"{path} would be overwritten by a signature; name another output")
    for path in outputs:
        if outputs.count(path) > 1 and not path.startswith("/dev/"):
            raise UsageError(f"{path} is the output of two things; name one file for each")


def _signed(piece: Piece, desk: Desk) -> SignedFile:
    key = desk.signer.public_key
    hashes = {"sha256"} | (key.hashes if key else frozenset())
    whole = key.wants_whole if key else False
    with desk.files.message(piece.path, hashes=hashes, whole=whole) as message:
        drafted = blob.draft(message)
        if piece.outputs.keep and _stands(piece.outputs, message, desk):
            return SignedFile(piece.path, digest=drafted.subject, kept=True)
        proof = desk.signer.sign(drafted)
    text = base64.b64encode(proof.signature)
    made = {"signature": proof.signature if piece.outputs.raw else text}
    if piece.outputs.bundle:
        old = piece.outputs.old
        made["bundle"] = (
            blob.write_old(proof.signature) if old else blob.write_bundle(drafted, proof)
        )
    return _written(piece, made, drafted, desk=desk)


def _stands(outputs: Outputs, message: Message, desk: Desk) -> bool:
    """True if every output is there already and holds over the file by this key."""
    paths = [path for path in (outputs.signature, outputs.bundle) if path]
    return bool(paths) and all(_holds(path, message, desk) for path in paths)


def _holds(path: str, message: Message, desk: Desk) -> bool:
    key = desk.signer.public_key
    if key is None or not desk.files.exists(path):
        return False
    content = desk.files.read(path, limit=LARGEST)
    read = blob.read_bundle if content.startswith(b"{") else blob.read_signature
    try:
        evidence = read(content, what=path)
    except Malformed:
        return False
    bound = evidence.digest
    if evidence.envelope or (bound and message.digests.get(bound.hash) != bound.raw):
        return False
    return key.verify(evidence.proof.signature, message) is not None


def _attested(piece: Piece, claim: Claim, desk: Desk) -> SignedFile:
    statement, digest = _statement(piece, claim, desk)
    drafted = attestation.draft(
        statement, subject=digest, predicate_type=claim.predicate_type, form=Form.CLASSIC
    )
    proof = desk.signer.sign(drafted)
    envelope = Envelope(statement, IN_TOTO, (proof.signature,))
    made = {"signature": proto_json(envelope.to_json()), "statement": statement}
    if piece.outputs.bundle:
        old = piece.outputs.old
        signature = made["signature"]
        made["bundle"] = blob.write_old(signature) if old else bundle.write(envelope, proof)
    return _written(piece, made, drafted, desk=desk)


def _statement(piece: Piece, claim: Claim, desk: Desk) -> tuple[bytes, Digest]:
    if claim.statement is not None:
        return claim.statement, _subject(claim.statement, piece, desk)
    digest = piece.digest or _digest(piece.path, desk)
    subject = {"name": _base_name(piece.path), "digest": {"sha256": digest.hex}}
    predicate_type, predicate = claim.predicate_type, claim.predicate
    return attest_statement(subject, predicate_type=predicate_type, predicate=predicate), digest


def _subject(statement: bytes, piece: Piece, desk: Desk) -> Digest:
    """Return the digest of the file that a whole statement is about, which must be in it."""
    listed = Statement.parse(statement, what="the statement given").subjects
    known = [subject.digest for subject in listed if subject.digest]
    digest = piece.digest
    if digest is None and piece.path:
        digest = _digest(piece.path, desk)
    if not known or (digest is not None and digest not in known):
        raise UsageError(
            f"the statement given is not about {piece.path or 'a file'}: none of its "
            f"{len(listed)} subjects has the SHA-256 {digest.hex if digest else 'of any'}"
        )
    return digest or known[0]


def _digest(path: str, desk: Desk) -> Digest:
    with desk.files.message(path, hashes=["sha256"], whole=False) as message:
        return Digest(message.digests["sha256"].hex())


def _base_name(path: str) -> str:
    return path.replace("\\", "/").rstrip("/").rpartition("/")[2]


def _written(piece: Piece, made: dict[str, bytes], drafted: Draft, *, desk: Desk) -> SignedFile:
    asked = {
        "signature": piece.outputs.signature,
        "bundle": piece.outputs.bundle,
        "statement": piece.outputs.statement,
    }
    written: list[tuple[str, str]] = []
    for kind, path in asked.items():
        if path:
            desk.files.write(path, made[kind])
            written.append((kind, path))
    return SignedFile(piece.path, made["signature"], tuple(written), drafted.subject)
