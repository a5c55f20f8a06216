"""``python -m dialerd`` is the command ``dialerd``."""

from dialerd.cli import main

if __name__ == "__main__":
    main()
