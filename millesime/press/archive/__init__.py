"""Editions kept for decades: sealed, verified, signed, and packed with all that made them."""
