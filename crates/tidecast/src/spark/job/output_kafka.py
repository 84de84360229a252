def output_options(parser):
    option(parser, "--output-bootstrap-servers", help="brokers, HOST:PORT,HOST:PORT")
    option(parser, "--output-topic", help="topic for the results, JSON objects by series")


def write(rows, name, args):
    """At least once: a row may come again after a failure, with the same value."""
    messages = rows.select(F.col("series").alias("key"), F.to_json(F.struct("series", "timestamp", "value")).alias("value"))
    stream = messages.writeStream.format("kafka").options(**kafka_security())
    stream = stream.option("kafka.bootstrap.servers", args.output_bootstrap_servers)
    return stream.option("topic", args.output_topic)


def results(spark, names, args):
    """The rows of all messages in the topic."""
    stream = spark.readStream.format("kafka").options(**kafka_security())
    stream = stream.option("kafka.bootstrap.servers", args.output_bootstrap_servers).option("subscribe", args.output_topic)
    messages = stream.option("startingOffsets", "earliest").load()
    return {"all": messages.select(F.from_json(F.col("value").cast("string"), ROW).alias("row")).select("row.*")}
