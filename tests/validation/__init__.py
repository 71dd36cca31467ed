"""Validators of others, and checkers of our own for what those cannot see, run over artifacts: `make validate`.

`docs/accessibility.md` says which check proves what. `__main__` reads the
command line, `targets` finds what is checked, `checks` is the list of checks,
`run` runs them, `install` fetches the validators of others.
"""
