"""The cache: results of build steps, found by a key made of all inputs of the step.

`keys.py` makes keys, `versions.py` the parts of them that are our own code and
other people's; `entry.py` is one entry on disk, `place.py` the folder,
`store.py` what a build talks to, `explain.py` why a step ran, `upkeep.py`
what `millesime cache` does. docs/cache.md is the page for users.
"""
