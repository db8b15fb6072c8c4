"""A trained model as a repository of the hub: card, scores, strip, upload."""
