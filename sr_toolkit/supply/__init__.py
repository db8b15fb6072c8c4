"""Sets of the catalog on this machine: found, fetched, verified, packed."""
