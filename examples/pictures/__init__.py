"""pictures: how the pictures of the longer examples are drawn; a module for each, named like the example."""
