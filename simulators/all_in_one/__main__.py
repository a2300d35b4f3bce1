"""`python -m simulators.all_in_one` is `lineside-demo`."""

import sys

from simulators.all_in_one.compose import main

sys.exit(main())
