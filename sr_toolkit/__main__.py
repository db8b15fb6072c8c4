"""`python -m sr_toolkit`, for launchers such as torchrun."""

from sr_toolkit.cli import main

main()
