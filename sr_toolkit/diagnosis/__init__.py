"""What is wrong with an installation: distributions, their parts, the machine. Plain data."""
