"""The text as values: Markdown read by pandoc into an AST, and written from it."""
