"""Lets `python -m sunsift` do what the command `sunsift` does."""

from sunsift.cli import main

if __name__ == "__main__":
    main()
