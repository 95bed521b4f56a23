"""The core of the draw-a-digit application: ink, the MLP, training, charts. Knows nothing of the page."""
