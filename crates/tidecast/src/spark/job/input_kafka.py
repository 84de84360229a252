def input_options(parser):
    option(parser, "--bootstrap-servers", help="brokers, HOST:PORT,HOST:PORT")
    option(parser, "--topic", help="topic to read")
    option(parser, "--starting-offsets", "earliest", help="where to begin without a checkpoint: earliest, latest")
    option(parser, "--records-at-once", "1000000", help="messages that are read together at most")


def read(spark, args):
    """The values of messages, as a column `value`."""
    stream = spark.readStream.format("kafka").options(**kafka_security())
    stream = stream.option("kafka.bootstrap.servers", args.bootstrap_servers).option("subscribe", args.topic)
    stream = stream.option("startingOffsets", args.starting_offsets)
    stream = stream.option("maxOffsetsPerTrigger", args.records_at_once)
    return stream.load().selectExpr("CAST(value AS STRING) AS value")
