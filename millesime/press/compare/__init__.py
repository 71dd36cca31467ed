"""What can be compared: editions, revisions, and files or folders outside any report."""
