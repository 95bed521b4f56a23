"""Visitors, their runs, their limits, and the gate before them. Leans on `worker`; no Gradio."""
