"""Metadata and constraints of SDV, read as they are."""

import json
from pathlib import Path

import healthdata_synthetic_generator as hd

real, _ = hd.reference(patients=500)
stays = {"patients": real["patients"], "admissions": real["admissions"][["admission_id", "patient_id", "admit_ts", "discharge_ts"]]}

# What SDV's Metadata.save_to_json wrote; the object itself can be given too.
Path("sdv.json").write_text(json.dumps({
    "METADATA_SPEC_VERSION": "V1",
    "tables": {
        "patients": {"primary_key": "patient_id", "columns": {
            "patient_id": {"sdtype": "id"},
            "birth_date": {"sdtype": "datetime", "datetime_format": "%Y-%m-%d"},
            "sex": {"sdtype": "categorical"}}},
        "admissions": {"primary_key": "admission_id", "columns": {
            "admission_id": {"sdtype": "id"}, "patient_id": {"sdtype": "id"},
            "admit_ts": {"sdtype": "datetime", "datetime_format": "%Y-%m-%d %H:%M:%S"},
            "discharge_ts": {"sdtype": "datetime", "datetime_format": "%Y-%m-%d %H:%M:%S"}}},
    },
    "relationships": [{"parent_table_name": "patients", "parent_primary_key": "patient_id",
                       "child_table_name": "admissions", "child_foreign_key": "patient_id"}],
}))
constraints = [{"class_name": "Inequality", "parameters": {
    "table_name": "admissions", "low_column_name": "admit_ts", "high_column_name": "discharge_ts"}}]

metadata = hd.Metadata.from_sdv("sdv.json", constraints)
stays["patients"] = stays["patients"][["patient_id", "birth_date", "sex"]]
new = hd.Synthesizer(metadata).fit(stays).sample(seed=7)
print(metadata.rules, hd.check(new, metadata))
