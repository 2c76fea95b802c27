"""`python -m tuan.server` is the command `tuan`, also where scripts are not on the PATH."""

import sys

from tuan.server.cli import main

sys.exit(main())
