"""`python -m rpbind` is the `rpbind` command."""

from rpbind.cli import main

if __name__ == "__main__":
    main()
