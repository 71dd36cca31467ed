"""Running it: from a request to artifacts in their place."""
