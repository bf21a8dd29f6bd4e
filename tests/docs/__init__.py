"""What the pages for people say, checked against the program."""
