"""Two versions of a text become one, with marks: chapters, blocks, lists, tables, lines of code, words."""
