"""A registry in one process: real HTTP on loopback, bytes in memory, honest unless scripted."""

from .exchange import Alter, Answer, Delay, Drop, Outcome, Raw, Record, Request, Script
from .options import Access, Basic, Bearer, Options
from .server import Registry
from .store import Manifest, Repository, Store, digest_of

__all__ = [
    "Access",
    "Alter",
    "Answer",
    "Basic",
    "Bearer",
    "Delay",
    "Drop",
    "Manifest",
    "Options",
    "Outcome",
    "Raw",
    "Record",
    "Registry",
    "Repository",
    "Request",
    "Script",
    "Store",
    "digest_of",
]
