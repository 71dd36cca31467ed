"""One edition: what it is made of, read and assembled into a report."""
