"""What stands between the network and Gradio: one middleware a file, composed in `gate`."""
