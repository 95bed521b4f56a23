"""The notebook's steps as small functions, each one readable on its own.

Every module here is one step of the page's *Under the hood* tab, which shows the source of
these very functions beside the numbers that they return. They use plain PyTorch and never
change the model that they are given.
"""
