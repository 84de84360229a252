def input_options(parser):
    option(parser, "--input", help="directory with files of JSON lines, also one of an object storage (s3a://...)")
    option(parser, "--files-at-once", "1000", help="new files that are read together at most")


def read(spark, args):
    """Lines of files that are there, and that are put there later, as a column `value`."""
    return spark.readStream.option("maxFilesPerTrigger", args.files_at_once).text(args.input)
