"""How good are they? Compare with the real tables, and with a second real draw as the best possible."""

import healthdata_synthetic_generator as hd

real, metadata = hd.reference(patients=1000, seed=1)
holdout, _ = hd.reference(patients=1000, seed=2)
new = hd.Synthesizer(metadata).fit(real).sample(seed=7)

report = hd.evaluate(real, new, holdout, metadata, quick=True)
print(report)
print({name: round(report.scores[name], 3) for name in ("quality", "diagnostic")})
report.save("report.html")
