"""Classes that a user brings in a file or a module: found, hashed, loaded, and given options.

A study records the hash of a file's content and keeps a copy. From then on only content with this
hash is loaded, on every machine. Importing this room runs no user's code and imports no torch.
"""

from rpbind.parts.contents import content_of, keep, kept_in, relative_to, seek_in
from rpbind.parts.loading import load
from rpbind.parts.reference import Part, part
from rpbind.parts.signature import checked_options

__all__ = [
    "Part",
    "checked_options",
    "content_of",
    "keep",
    "kept_in",
    "load",
    "part",
    "relative_to",
    "seek_in",
]
