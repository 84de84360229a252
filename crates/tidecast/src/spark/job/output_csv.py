def output_options(parser):
    option(parser, "--output", help="directory for the results: totals/*.csv and keys/*.csv")


def write(rows, name, args):
    """CSV as Tidecast reads it (`type: csv, layout: long`): quotes are doubled."""
    stream = rows.coalesce(1).writeStream.format("csv").option("header", True).option("escape", '"')
    stream = stream.option("ignoreLeadingWhiteSpace", False).option("ignoreTrailingWhiteSpace", False)
    return stream.option("path", os.path.join(args.output, name))
