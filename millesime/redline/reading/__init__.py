"""A redline as its readers see it: the changed passages, and how much changed."""
