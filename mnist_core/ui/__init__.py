"""The page: Gradio components and tabs around `server`. Nothing else knows Gradio."""
