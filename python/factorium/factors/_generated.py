"""Where the methods that are made from the table of operators go; _generated.pyi says which there are."""


class GeneratedMethods:
    """A method for each operator and each of its other names."""
