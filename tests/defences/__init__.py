"""Take each defence out, and see a test fail: `python -m tests.defences`."""
