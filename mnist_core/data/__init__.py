"""MNIST and UCI's pen digits as tensors: fetched, verified, split, batched. Leans on `ink`."""
