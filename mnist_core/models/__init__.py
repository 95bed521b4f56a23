"""The multilayer perceptron, its file, and its answer to a drawing. Leans on `ink`."""
