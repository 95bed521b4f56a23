"""The Under the hood tab: the notebook's steps on the visitor's own drawing."""
