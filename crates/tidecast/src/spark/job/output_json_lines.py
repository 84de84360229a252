def output_options(parser):
    option(parser, "--output", help="directory for the results: totals/*.json and keys/*.json")


def write(rows, name, args):
    return rows.coalesce(1).writeStream.format("json").option("path", os.path.join(args.output, name))
