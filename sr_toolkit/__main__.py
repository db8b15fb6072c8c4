"""`python -m sr_toolkit`: the command line where the script `srtk` is not on the path."""

from sr_toolkit.cli import main

main()
