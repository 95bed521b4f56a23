"""From pen strokes, or a picture of a digit, to the 28x28 image that a network sees. Leans on nothing."""
