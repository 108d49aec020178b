"""`python -m mngr`."""

from mngr.cli.main import main

raise SystemExit(main())
