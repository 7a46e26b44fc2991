"""`python -m suyuan` is the same as `suyuan`."""

from suyuan.cli import main

if __name__ == "__main__":
    main()
