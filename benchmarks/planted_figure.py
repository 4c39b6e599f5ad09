def summarise(x):
    return x


def draw_shares(x):
    raise SystemExit
