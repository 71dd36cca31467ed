"""A build: which steps there are, who runs them, and within which limits."""
