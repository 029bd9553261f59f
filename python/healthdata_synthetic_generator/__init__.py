"""Learn a relational database and generate new, realistic, linked tables from it.

The hospital in two lines, without any data of your own:

>>> import healthdata_synthetic_generator as hd
>>> hospital = hd.hospital(scale=0.1, seed=42)
>>> sorted(hospital)[:4]
['admissions', 'devices', 'diagnoses', 'patients']

Your own tables:

>>> real, metadata = hd.reference(patients=200)
>>> synthesizer = hd.Synthesizer(metadata).fit(real)
>>> new = synthesizer.sample(scale=1, seed=7)
>>> hd.check(new, metadata).clean
True
"""

from ._engine import DataError, MetadataError, ModelError, Stream, Table, __version__
from ._hospital import hospital, reference
from ._metadata import Metadata
from ._report import CheckReport, Report, check, evaluate
from ._synthesizer import Synthesizer, load

__all__ = [
    "CheckReport",
    "DataError",
    "Metadata",
    "MetadataError",
    "ModelError",
    "Report",
    "Stream",
    "Synthesizer",
    "Table",
    "__version__",
    "check",
    "evaluate",
    "hospital",
    "load",
    "reference",
]
