"""What the public downloads: the site, feeds, metadata, checksums, signatures."""
