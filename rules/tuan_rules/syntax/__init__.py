"""Text to syntax tree: normalising, splitting into blocks, parsing, building the tree, rendering it canonically."""
