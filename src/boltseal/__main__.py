"""`python -m boltseal` is the same program as `boltseal`."""

from __future__ import annotations

import sys

from boltseal.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
