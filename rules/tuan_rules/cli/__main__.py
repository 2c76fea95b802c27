"""`python -m tuan_rules.cli`."""

from __future__ import annotations

import sys

from tuan_rules.cli import main

if __name__ == "__main__":
    sys.exit(main())
