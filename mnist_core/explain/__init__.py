"""The notebook's steps as small functions, shown beside what they compute. Leans on `models`."""
