"""`python -m codesign`, the same as `codesign`."""

import sys

from codesign.cli import main

sys.exit(main())
