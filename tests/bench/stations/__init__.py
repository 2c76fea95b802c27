"""One measurement each, with its own check that the work was really done; `Wrong` where it was not."""
