"""All that knows the inside of WeasyPrint: the environment it works in, and functions of it that are replaced."""
