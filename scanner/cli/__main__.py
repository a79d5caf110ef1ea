"""`python -m scanner.cli`, where the command `focusrig` is not on the path."""

import sys

from scanner.cli.main import main

sys.exit(main())
