"""People judge: blind pairs of crops on a local page, kept as votes, read as strengths."""
