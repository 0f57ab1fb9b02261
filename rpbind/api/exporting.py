"""A trained model as one file that other programs run; see `rpbind.use.exporting`."""

from rpbind.api.calls import face
from rpbind.use.export_formats import FORMATS as FORMATS
from rpbind.use.exporting import export as _export

export = face(_export)
