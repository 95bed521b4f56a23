"""The page: Gradio components and tabs around the core."""
