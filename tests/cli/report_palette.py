"""The colours of a report as people see them who lack one kind of cone: lines of one figure stay apart, from each other and from
the card they lie on."""

import itertools
import re
import sys

# Machado, Oliveira and Fernandes (2009), A physiologically-based model for simulation of color vision deficiency, severity 1.
SIGHT = {
    "all cones": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}
# Distances in CIELAB (1976): 2.3 is just noticed.
APART, ANY, FROM_CARD = 20, 12, 35
CARDS = {"light": "#ffffff", "dark": "#1e2125"}


def linear(colour):
    values = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    return [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in values]


def lab(colour, sight):
    rgb = linear(colour)
    r, g, b = (min(1, max(0, sum(m * v for m, v in zip(row, rgb)))) for row in SIGHT[sight])
    xyz = (0.4124 * r + 0.3576 * g + 0.1805 * b, 0.2126 * r + 0.7152 * g + 0.0722 * b, 0.0193 * r + 0.1192 * g + 0.9505 * b)
    x, y, z = (v ** (1 / 3) if v > 0.008856 else 7.787 * v + 16 / 116 for v in (v / w for v, w in zip(xyz, (0.9505, 1, 1.089))))
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def distance(a, b, sight):
    return sum((p - q) ** 2 for p, q in zip(lab(a, sight), lab(b, sight))) ** 0.5


def colours(script, name, theme):
    block = re.search(rf"const {name} = \{{(.*?)\}};", script, re.S).group(1)
    return re.findall("#[0-9a-f]{6}", re.search(rf"{theme}: \[(.*?)\]", block, re.S).group(1))


def main():
    script = open(sys.argv[1], encoding="utf-8").read()
    bad = []
    for theme, card in CARDS.items():
        palette, ends = colours(script, "palette", theme), colours(script, "ends", theme)
        assert len(palette) == 8 and len(ends) == 3
        # IC and its mean; equity with costs, without, drawdown; top, middle and bottom quantile; and the factors that are compared first.
        together = [palette[:4], [palette[0], palette[2], palette[5]], ends]
        for sight in SIGHT:
            for group in together:
                for a, b in itertools.combinations(group, 2):
                    if distance(a, b, sight) < APART:
                        bad.append(f"{theme}, {sight}: {a} and {b} are {distance(a, b, sight):.0f} apart")
            for a, b in itertools.combinations(palette, 2):
                if distance(a, b, sight) < ANY:
                    bad.append(f"{theme}, {sight}: {a} and {b} are {distance(a, b, sight):.0f} apart")
            for colour in palette + ends:
                if distance(colour, card, sight) < FROM_CARD:
                    bad.append(f"{theme}, {sight}: {colour} is {distance(colour, card, sight):.0f} from its card")
    assert not bad, "\n".join(bad)


if __name__ == "__main__":
    main()
