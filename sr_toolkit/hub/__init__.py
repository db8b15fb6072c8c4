"""Models on the Hugging Face hub: named, fetched, checked. The hub's library is imported in use."""
