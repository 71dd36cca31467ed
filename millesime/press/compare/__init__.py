"""What is compared: editions, revisions of a repository, and files and folders that are no editions."""
