"""What the public fetches: the site, catalogue and feeds, metadata, checksums, signatures."""
