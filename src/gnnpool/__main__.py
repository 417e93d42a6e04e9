"""`python -m gnnpool` is the command `gnnpool`."""

import sys

from gnnpool.cli import main

if __name__ == "__main__":
    sys.exit(main())
