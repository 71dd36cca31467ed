"""Our redline against its peers, on three real books: `python -m bench.redline`."""
