"""The extension. Importing it needs no Blender: `registration` is imported when Blender calls `register`."""


def register() -> None:
    """Add every class, property and command to Blender."""
    from .registration import register as begin

    begin()


def unregister() -> None:
    """Take away what `register` added, in mirror order."""
    from .registration import unregister as end

    end()
