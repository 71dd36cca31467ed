"""From which sources: revisions and the files they hold, read from git."""
