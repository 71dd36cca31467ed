"""Text as it is compared: words, signs and amounts, and which words of two texts are the same."""
