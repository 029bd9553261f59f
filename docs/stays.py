"""Draws the vital signs of three stays of a generated hospital: emergency, intensive care, ward.

    python3 docs/stays.py out docs/stays.png        (needs pandas and matplotlib)
"""
import sys

import matplotlib
import pandas as pd

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

out, picture = sys.argv[1:3]
stays = pd.read_csv(f"{out}/ehr/admissions.csv", parse_dates=["admit_ts", "discharge_ts"])
stays = stays.merge(pd.read_csv(f"{out}/erp/wards.csv"), on="ward_id").merge(pd.read_csv(f"{out}/ehr/patients.csv", parse_dates=["birth_date"]), on="patient_id")
signs = pd.read_csv(f"{out}/iot/vital_signs.csv", parse_dates=["measured_at"])
codes = pd.read_csv(f"{out}/ehr/diagnoses.csv").groupby("admission_id").icd10_code.agg(", ".join)

fig, axes = plt.subplots(1, 3, figsize=(13, 3.6), layout="constrained")
for ax, specialty in zip(axes, ["Emergency", "ICU", "Cardiology"]):
    for _, s in stays[stays.specialty == specialty].iterrows():
        v = signs[(signs.patient_id == s.patient_id) & signs.measured_at.between(s.admit_ts, s.discharge_ts)]
        if len(v) >= 8:
            break
    age = int((s.admit_ts - s.birth_date).days / 365.25)
    ax.fill_between(v.measured_at, v.diastolic_bp, v.systolic_bp, alpha=0.25, label="blood pressure, mmHg")
    ax.plot(v.measured_at, v.heart_rate, marker=".", label="heart rate, 1/min")
    ax.plot(v.measured_at, v.spo2, marker=".", label="SpO2, %")
    for edge in (s.admit_ts, s.discharge_ts):
        ax.axvline(edge, color="grey", linestyle=":")
    ax.set_title(f"{s.ward_name}: {s.sex}, {age}, {codes.get(s.admission_id, '')}", fontsize=10)
    ax.tick_params(axis="x", rotation=30, labelsize=7)
axes[0].legend(fontsize=7)
fig.savefig(picture, dpi=80)
