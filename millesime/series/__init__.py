"""What to publish: the report and its editions, from YAML manifests."""
