"""The published site: its pages, its addresses, its search."""
