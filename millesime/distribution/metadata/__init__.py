"""What catalogues, libraries, feeds and search engines are told of editions."""
