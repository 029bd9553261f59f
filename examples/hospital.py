"""The hospital in five lines: eight linked tables without any data of your own."""

import healthdata_synthetic_generator as hd

tables = hd.hospital(scale=1, seed=42)
print(tables["admissions"].head())
print(hd.check(tables))
