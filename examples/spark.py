"""The same rows on a Spark cluster; here a local one."""

import os
import sys

import pyspark
from pyspark.sql import SparkSession

import healthdata_synthetic_generator as hd
from healthdata_synthetic_generator import spark as hdspark

os.environ["SPARK_HOME"] = os.path.dirname(pyspark.__file__)
os.environ["PYSPARK_PYTHON"] = sys.executable

real, metadata = hd.reference(patients=1000)
model = hd.Synthesizer(metadata).fit(real)

session = (
    SparkSession.builder.master("local[2]")
    .config("spark.driver.host", "127.0.0.1")
    .config("spark.driver.bindAddress", "127.0.0.1")
    .config("spark.ui.enabled", "false")
    .getOrCreate()
)

tables = hdspark.sample(session, model, scale=3, seed=7, parts=6)
print(tables["admissions"].join(tables["patients"], "patient_id").groupBy("sex").count().collect())

manifest = hdspark.write(session, model, "big", scale=3, seed=7, parts=6)
print(sum(f["rows"] for f in manifest["tables"]), "rows; healthdata check big")
session.stop()
