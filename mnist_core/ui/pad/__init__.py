"""The sketchpad with its answer, and the API's endpoints."""
