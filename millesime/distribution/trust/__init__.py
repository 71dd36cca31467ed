"""Whether files are what was published: checksums, signatures, the record of a site."""
