"""Files: PDF, EPUB, HTML and DOCX from one report."""
