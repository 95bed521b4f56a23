"""The page: Gradio components and tabs around `server`. Only `app.py` knows Gradio as well."""
