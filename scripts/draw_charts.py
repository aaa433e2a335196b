"""Draws charts that `plumb report --charts FOLDER` wrote, without a browser: NAME.vl.json becomes NAME.svg or NAME.png.

    pip install vl-convert-python
    python3 scripts/draw_charts.py FOLDER [--png] [--scale 3]
"""

import argparse
import json
from pathlib import Path

import vl_convert

VEGA_LITE = "6.4"


def draw(file, form="svg", scale=3):
    """The picture's file, beside the specification's."""
    specification = json.loads(file.read_text(encoding="utf-8"))
    picture = file.with_name(file.name.removesuffix(".vl.json") + f".{form}")
    if form == "svg":
        picture.write_text(vl_convert.vegalite_to_svg(specification, vl_version=VEGA_LITE), encoding="utf-8")
    else:
        picture.write_bytes(vl_convert.vegalite_to_png(specification, vl_version=VEGA_LITE, scale=scale))
    return picture


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--png", action="store_true", help="PNG instead of SVG")
    parser.add_argument("--scale", type=float, default=3, help="pixels of a PNG for each unit of the chart")
    arguments = parser.parse_args()
    for file in sorted(arguments.folder.glob("*.vl.json")):
        print(draw(file, "png" if arguments.png else "svg", arguments.scale))


if __name__ == "__main__":
    main()
