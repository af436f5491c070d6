"""Tell the story, and end with 0 only if every step did what the story says."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from demo.stage import Stage, Surprise
from demo.story import tell
from tests.support.registry import Registry


def main() -> int:
    """Play on a registry and in a folder that are both gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="boltseal-demo-") as folder, Registry() as registry:
        try:
            tell(Stage(Path(folder), sys.stdout), registry=registry)
        except Surprise as surprise:
            print(f"\nThe demo did not go as it should: {surprise}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
