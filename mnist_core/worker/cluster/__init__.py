"""Training workers on a Ray cluster, and the process between it and the page's server."""
