"""The windows of `network`, computed by Spark Structured Streaming (Spark 3.5 or newer).

Written by `tidecast analytics export --engine spark`. Results are rows of series, timestamp (end of the window, UTC) and
value. `--help` shows the options; each may come from an environment variable.
"""

import argparse
import os

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

TIMESTAMP = "timestamp"
FUTURE_TOLERANCE_MS = 60000
WINDOW_MS = 10000
SLIDE_MS = 10000
LATENESS_MS = 1000
FIELDS = [
    ("antenna_id", False, True),
    ("packets", True, True),
    ("loss", True, True),
    ("latency", True, True),
]
BY = [
    "antenna_id",
]
KEY_MEASURES = [
    ("network_total_packets", "coalesce(sum(`packets`), 0D)"),
    ("network_total_loss", "coalesce(sum(`loss`), 0D)"),
    ("network_delivered_packets", "coalesce(sum(`delivered`), 0D)"),
    ("network_loss_rate", "coalesce(sum(`loss`), 0D) / nullif(coalesce(sum(`packets`), 0D), 0D)"),
    ("network_success_rate", "coalesce(sum(`delivered`), 0D) / nullif(coalesce(sum(`packets`), 0D), 0D)"),
    ("network_avg_latency", "avg(`latency`)"),
    ("network_latency_p50", "percentile_approx(`latency`, 0.5D, 10000)"),
    ("network_latency_p95", "percentile_approx(`latency`, 0.95D, 10000)"),
    ("network_latency_p99", "percentile_approx(`latency`, 0.99D, 10000)"),
    ("network_active_antennas", "max(IF(`antenna_id` <> '', 1D, 0D))"),
    ("network_messages", "count(*)"),
]
TOTAL_MEASURES = [
    ("network_total_packets", "coalesce(sum(`packets`), 0D)"),
    ("network_total_loss", "coalesce(sum(`loss`), 0D)"),
    ("network_delivered_packets", "coalesce(sum(`delivered`), 0D)"),
    ("network_loss_rate", "coalesce(sum(`loss`), 0D) / nullif(coalesce(sum(`packets`), 0D), 0D)"),
    ("network_success_rate", "coalesce(sum(`delivered`), 0D) / nullif(coalesce(sum(`packets`), 0D), 0D)"),
    ("network_avg_latency", "avg(`latency`)"),
    ("network_latency_p50", "percentile_approx(`latency`, 0.5D, 10000)"),
    ("network_latency_p95", "percentile_approx(`latency`, 0.95D, 10000)"),
    ("network_latency_p99", "percentile_approx(`latency`, 0.99D, 10000)"),
    ("network_active_antennas", "size(collect_set(nullif(`antenna_id`, '')))"),
    ("network_messages", "count(*)"),
]
DECIMAL = r"^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?$"
MISSING = ["", "-", "nan", "na", "n/a", "null"]
INSTANT = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}.*([Zz]|[+-][0-9]{2}(:?[0-9]{2})?)$"
TEXT_BYTES_MAX = 256
ROW = "series STRING, timestamp STRING, value DOUBLE"
# CSV as Tidecast reads it (`type: csv, layout: long`): quotes are doubled.
OPTIONS = {"csv": {"header": True, "escape": '"', "ignoreLeadingWhiteSpace": False, "ignoreTrailingWhiteSpace": False}}


def option(parser, flag, default=None, **more):
    """An option that an environment variable may give as well: --topic, TIDECAST_SPARK_TOPIC."""
    variable = "TIDECAST_SPARK_" + flag[2:].upper().replace("-", "_")
    default = os.environ.get(variable, default)
    parser.add_argument(flag, default=default, required=default is None, **more)


def files(rows, format, path):
    return rows.coalesce(1).writeStream.format(format).options(**OPTIONS.get(format, {})).option("path", path)


def input_options(parser):
    option(parser, "--input", help="directory with files of JSON lines, also one of an object storage (s3a://...)")
    option(parser, "--files-at-once", "1000", help="new files that are read together at most")


def read(spark, args):
    """Lines of files that are there, and that are put there later, as a column `value`."""
    return spark.readStream.option("maxFilesPerTrigger", args.files_at_once).text(args.input)


FORMAT = "csv"


def output_options(parser):
    option(parser, "--output", help="directory for the results: files in totals/ and keys/")


def write(rows, name, args):
    return files(rows, FORMAT, os.path.join(args.output, name))


def results(spark, names, args):
    """The rows of files that were written whole."""
    stream = spark.readStream.schema(ROW).format(FORMAT).options(**OPTIONS.get(FORMAT, {}))
    return {name: stream.load(os.path.join(args.output, name)) for name in names}


def column(name):
    return F.col("`" + name.replace("`", "``") + "`")


def read_number(text):
    """Decimal numbers only: Spark would also take `inf`, `nan` and `1d`."""
    number = F.when(text.rlike(DECIMAL), text.cast("double"))
    return F.when(F.abs(number) < float("inf"), number)


def read_time_ms(text):
    """Unix seconds or milliseconds, or ISO 8601 with an offset."""
    number = read_number(text)
    return (
        F.when(F.abs(number) < 1e11, F.round(number * 1e3).cast("long"))
        .when(F.abs(number) < 1e14, F.round(number).cast("long"))
        .when(text.rlike(INSTANT), F.unix_millis(F.try_to_timestamp(text)))
    )


def decode(messages):
    """Messages as JSON to records with a column for each field, without those that Tidecast refuses."""
    names = dict.fromkeys([TIMESTAMP, *(name for name, _, _ in FIELDS)])
    schema = ", ".join("`" + name.replace("`", "``") + "` STRING" for name in names)
    parsed = messages.select(F.from_json("value", schema).alias("__message"))
    text = {name: F.coalesce(F.col("__message").getField(name), F.lit("")) for name in names}
    now_ms = F.unix_millis(F.current_timestamp())
    columns = [read_time_ms(F.trim(text[TIMESTAMP])).alias("__time_ms")]
    rules = [F.col("__time_ms") <= now_ms + FUTURE_TOLERANCE_MS]
    for place, (name, is_number, is_required) in enumerate(FIELDS):
        trimmed = F.trim(text[name])
        value = read_number(trimmed) if is_number else text[name]
        columns.append(value.alias(name))
        if is_number:
            is_there = value.isNotNull()
            is_missing = F.lower(trimmed).isin(MISSING)
        else:
            is_there = (text[name] != "") & (F.octet_length(text[name]) <= TEXT_BYTES_MAX)
            is_missing = text[name] == ""
        is_good = is_there if is_required else is_there | is_missing
        columns.append(is_good.alias(f"__good_{place}"))
        rules.append(F.col(f"__good_{place}"))
    records = parsed.select(*columns)
    for rule in rules:
        records = records.where(rule)
    return records.drop(*(f"__good_{place}" for place in range(len(FIELDS))))


def transform(records):
    """The transforms of the source, then those of the analysis."""
    records = records.where("coalesce(`loss` >= 0.0D, false)")
    records = records.where("coalesce(`loss` <= `packets`, false)")
    records = records.where("coalesce(`latency` >= 0.0D, false)")
    records = records.withColumn("delivered", F.expr("nullif((`packets` - `loss`), double('NaN'))"))
    return records


def labels(by):
    """The labels of a series, `{antenna_id="a"}`, sorted by their names; empty ones are left out."""
    pairs = []
    for name in sorted(by):
        value = column(name)
        for plain, escaped in (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n")):
            value = F.replace(value, F.lit(plain), F.lit(escaped))
        pairs.append(F.when(column(name) != "", F.concat(F.lit(name + '="'), value, F.lit('"'))))
    joined = F.concat_ws(",", *pairs)
    return F.when(joined != "", F.concat(F.lit("{"), joined, F.lit("}"))).otherwise("")


def windows(records, by, measures):
    """A row for each series and window that is final."""
    timed = records.withColumn("__time", F.timestamp_millis("__time_ms"))
    timed = timed.withWatermark("__time", f"{LATENESS_MS} milliseconds")
    window = F.window("__time", f"{WINDOW_MS} milliseconds", f"{SLIDE_MS} milliseconds")
    values = [F.expr(sql).cast("double").alias("__" + metric) for metric, sql in measures]
    grouped = timed.groupBy(window.alias("__window"), *map(column, by)).agg(*values)
    results = [F.struct(F.lit(metric).alias("metric"), column("__" + metric).alias("value")) for metric, _ in measures]
    rows = grouped.select(
        F.date_format(F.col("__window.end"), "yyyy-MM-dd'T'HH:mm:ss.SSS'Z'").alias("timestamp"),
        (labels(by) if by else F.lit("")).alias("labels"),
        F.explode(F.array(*results)).alias("result"),
    )
    rows = rows.select(F.concat("result.metric", "labels").alias("series"), "timestamp", F.col("result.value").alias("value"))
    # An undefined value, as 0 / 0, makes no row.
    return rows.where(F.col("value").isNotNull() & ~F.isnan("value") & (F.abs("value") < float("inf")))


def main():
    parser = argparse.ArgumentParser(description="The windows of network")
    input_options(parser)
    output_options(parser)
    option(parser, "--checkpoint", help="directory in which Spark keeps how far it has come")
    option(parser, "--interval", "1 second", help="how often results are written")
    parser.add_argument("--once", action="store_true", help="end when what is there now has been read")
    csv_help = "compute nothing: write results that are there, and not written so before, to this directory as CSV for Tidecast"
    parser.add_argument("--to-csv", metavar="DIRECTORY", help=csv_help)
    args = parser.parse_args()

    builder = SparkSession.builder.appName("tidecast-network")
    builder = builder.config("spark.sql.session.timeZone", "UTC").config("spark.sql.caseSensitive", "true")
    spark = builder.getOrCreate()
    scopes = {"totals": ([], TOTAL_MEASURES)}
    if BY:
        scopes["keys"] = (BY, KEY_MEASURES)
    if args.to_csv:
        rows = results(spark, scopes, args)
        writers = {"csv-" + name: files(rows[name], "csv", os.path.join(args.to_csv, name)) for name in rows}
    else:
        records = transform(decode(read(spark, args)))
        writers = {name: write(windows(records, *scope), name, args) for name, scope in scopes.items()}
    ends = args.once or args.to_csv
    trigger = {"availableNow": True} if ends else {"processingTime": args.interval}
    queries = []
    for name, writer in writers.items():
        writer = writer.option("checkpointLocation", os.path.join(args.checkpoint, name)).outputMode("append")
        queries.append(writer.queryName(f"network-{name}").trigger(**trigger).start())
    if ends:
        for query in queries:
            query.awaitTermination()
    else:
        # One that fails ends the job, so that whoever runs it starts both again.
        spark.streams.awaitAnyTermination()
    spark.stop()


if __name__ == "__main__":
    main()
