"""Benchmarks, run by hand: `make bench`. Nothing here is part of the package."""
