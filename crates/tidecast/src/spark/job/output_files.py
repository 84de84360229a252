FORMAT = "@FORMAT@"


def output_options(parser):
    option(parser, "--output", help="directory for the results: files in totals/ and keys/")


def write(rows, name, args):
    return files(rows, FORMAT, os.path.join(args.output, name))


def results(spark, names, args):
    """The rows of files that were written whole."""
    stream = spark.readStream.schema(ROW).format(FORMAT).options(**OPTIONS.get(FORMAT, {}))
    return {name: stream.load(os.path.join(args.output, name)) for name in names}
