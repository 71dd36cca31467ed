"""Carry out requests: read editions, build, compare, seal, publish; with worker processes and a cache."""
