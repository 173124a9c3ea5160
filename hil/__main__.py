"""`python -m hil` is `proxops`."""

import sys

if not sys.flags.safe_path:
    sys.path.append(sys.path.pop(0))  # the current folder may hold modules named like those that ProxOps imports

from hil.cli import main  # after the path is in order

main()
