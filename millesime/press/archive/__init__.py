"""Sealed editions: seal, verify, sign and bundle them, so that they can be checked decades later."""
