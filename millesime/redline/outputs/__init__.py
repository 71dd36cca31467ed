"""A redline as text for people and programs: Markdown, a table for a terminal, JSON."""
