"""The site: its editions' pages, made and joined into one tree."""
