"""What in the old edition became what in the new one: chapters, blocks, items, and what moved."""
