#!/usr/bin/env python3
"""Peer measurement: antenna messages in PySpark, 1-minute event-time windows per antenna, in batch and streaming mode.

usage: spark_windows.py DIR
DIR holds JSON-lines files of {"antenna_id","timestamp" (s, float),"packets","loss","latency"}.
Prints one JSON line per mode: mode, events, cpu_s, events_per_cpu_s, resident_mb (of the Java process).
"""
import json, os, sys, tempfile
os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
from pyspark.sql import SparkSession, functions as F
from pyspark.sql.types import DoubleType, IntegerType, StringType, StructField, StructType
directory = sys.argv[1]
spark = (SparkSession.builder.master("local[2]").config("spark.driver.memory", "6g").config("spark.ui.enabled", "false")
         .config("spark.sql.shuffle.partitions", "2").config("spark.driver.bindAddress", "127.0.0.1").getOrCreate())
spark.sparkContext.setLogLevel("ERROR")
pid = spark._jvm.java.lang.ProcessHandle.current().pid()
def cpu():
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
schema = StructType([StructField("antenna_id", StringType()), StructField("timestamp", DoubleType()), StructField("packets", IntegerType()),
                     StructField("loss", IntegerType()), StructField("latency", DoubleType())])
def windows(frame):
    return (frame.withColumn("t", F.timestamp_seconds("timestamp")).withWatermark("t", "10 seconds")
            .groupBy(F.window("t", "1 minute"), "antenna_id")
            .agg(F.sum("packets").alias("packets"), F.sum("loss").alias("loss"), F.avg("latency").alias("latency"), F.count("*").alias("n")))
def batch():
    windows(spark.read.schema(schema).json(directory)).write.format("noop").mode("overwrite").save()
def streaming():
    with tempfile.TemporaryDirectory() as checkpoint:
        (windows(spark.readStream.schema(schema).option("maxFilesPerTrigger", 5).json(directory)).writeStream.outputMode("append")
         .format("noop").option("checkpointLocation", checkpoint).trigger(availableNow=True).start().awaitTermination())
events = sum(1 for name in os.listdir(directory) for _ in open(os.path.join(directory, name)))
# Classes are loaded and code is compiled before the clock starts.
windows(spark.read.schema(schema).json(directory)).count()
for mode, run in (("batch", batch), ("streaming", streaming)):
    used = cpu()
    run()
    used = cpu() - used
    resident = int(open(f"/proc/{pid}/statm").read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    print(json.dumps(dict(mode=mode, events=events, cpu_s=round(used, 2), events_per_cpu_s=round(events / used), resident_mb=round(resident))), flush=True)
