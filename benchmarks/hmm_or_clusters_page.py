def write_pages(rows, out):
    print(rows.groupby(["aliasing", "method"]).value.mean())
