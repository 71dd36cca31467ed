"""The annex of an edition: an ordinary chapter that tells readers what changed since another one."""
