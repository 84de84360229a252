def output_options(parser):
    option(parser, "--output", help="directory for the results: totals/*.parquet and keys/*.parquet")


def write(rows, name, args):
    return rows.coalesce(1).writeStream.format("parquet").option("path", os.path.join(args.output, name))
