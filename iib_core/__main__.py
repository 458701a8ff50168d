"""``python -m iib_core`` is ``iib``."""

import sys

from iib_core.cli import main

sys.exit(main())
