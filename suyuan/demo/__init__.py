"""The demo: a server on the embedded default, two supply chains played through the real interfaces, and the
questions that producers, shops, hospitals, the public and regulators ask of them."""
