"""Training a model: settings, the loop and its events, and all arithmetic below. Leans on `evaluation`."""
