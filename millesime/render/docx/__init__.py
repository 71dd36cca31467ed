"""The Word edition, and its tracked changes."""
