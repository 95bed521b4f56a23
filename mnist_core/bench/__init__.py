"""Speed and memory on this machine, one module a subject. Only it starts app.py, as a program."""
