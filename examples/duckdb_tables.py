"""DuckDB in and out: relations are learned from as they are, and streams are queried while they are made."""

import duckdb
import pyarrow as pa

import healthdata_synthetic_generator as hd

patients = hd.reference(patients=500)[0]["patients"]
db = duckdb.connect()
db.register("patients", patients)

real = {"patients": db.sql("select patient_id, birth_date, sex from patients")}
metadata = hd.Metadata.detect(real)
synthesizer = hd.Synthesizer(metadata).fit(real)

new = synthesizer.sample(scale=2, output="duckdb")
print(new["patients"].aggregate("sex, count(*) as n"))

# A hundred times as many, never all in memory.
many = pa.RecordBatchReader.from_stream(synthesizer.stream(scale=100)["patients"])
print(duckdb.sql("select sex, count(*) as n from many group by sex order by sex"))
