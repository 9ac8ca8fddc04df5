"""Prints the counterparts that are installed, one "name version" a line."""

import importlib.metadata

for name in ("torch", "numpy", "scipy", "tensorboard", "pydensecrf2"):
    print(name, importlib.metadata.version(name))
