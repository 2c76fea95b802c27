"""`python -m tuan.settings` prints docs/settings.md."""

import sys

from tuan.settings.page import render

if __name__ == "__main__":
    sys.stdout.write(render())
