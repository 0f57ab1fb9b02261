"""The colours of pages and figures, light and dark: one table for style sheets and for plotly.

A figure is stored in its light colours; the page draws it in the dark ones where the reader's
system is dark, and always prints the light ones.
"""

from __future__ import annotations

import json

LIGHT = {
    "page": "#ffffff",
    "veil": "rgba(255,255,255,0.85)",
    "ink": "#1c2430",
    "muted": "#5b6675",
    "line": "#dfe4ea",
    "soft": "#f6f8fa",
    "accent": "#0b5c94",
    "grid": "#e4e8ee",
    "band": "#eaf0f6",
    "link": "#8590a0",
    "good-ground": "#e0f1ea",
    "good-line": "#2f8566",
    "good-ink": "#07523a",
    "bad-ground": "#fbe6da",
    "bad-line": "#b3541e",
    "bad-ink": "#7a3105",
    "calm-ground": "#eceff3",
    "calm-line": "#76818f",
    "calm-ink": "#3c4653",
    "note-ground": "#fff6e0",
    "note-line": "#9c6b00",
    "note-ink": "#5f4200",
    "alert-ground": "#fde8e6",
    "alert-line": "#b3261e",
    "alert-ink": "#7a1410",
    "low": "#b2182b",
    "lowish": "#f0a183",
    "middle": "#f7f7f7",
    "highish": "#8cc0de",
    "high": "#2166ac",
    "score-0": "#7a8aa6",
    "score-1": "#5176b1",
    "score-2": "#285092",
    "score-3": "#0c2557",
    "arm-0": "#0072b2",
    "arm-1": "#d55e00",
    "arm-2": "#009170",
    "arm-3": "#c0659b",
    "arm-4": "#662200",
    "arm-5": "#000000",
    "arm-6": "#64408a",
    "arm-7": "#4d5866",
}
"""{name: colour on a light page}. No two are equal, so each says which dark colour it becomes.

The colours of arms are four of Okabe and Ito 2008, two of them darker, and four more. Their yellow,
orange and sky blue have a contrast below 3:1 with white, and a darker orange is their vermilion to
colour-blind readers. From "low" to "high" is the scale of differences, from "score-0" to "score-3"
that of scores; the best score is the farthest from the page.
"""
DARK = {
    "page": "#12171d",
    "veil": "rgba(18,23,29,0.85)",
    "ink": "#e4e8ee",
    "muted": "#a3adba",
    "line": "#38414d",
    "soft": "#1b222a",
    "accent": "#7dbbe8",
    "grid": "#2a323c",
    "band": "#212d3a",
    "link": "#7d8896",
    "good-ground": "#10362a",
    "good-line": "#4fae8b",
    "good-ink": "#a5e3ca",
    "bad-ground": "#43220f",
    "bad-line": "#dd8450",
    "bad-ink": "#ffcfb2",
    "calm-ground": "#262e38",
    "calm-line": "#8590a0",
    "calm-ink": "#d0d6de",
    "note-ground": "#3a2c05",
    "note-line": "#d39a1e",
    "note-ink": "#ffe2a0",
    "alert-ground": "#451613",
    "alert-line": "#f0685f",
    "alert-ink": "#ffd3cf",
    "low": "#f4836b",
    "lowish": "#8f3f37",
    "middle": "#242c35",
    "highish": "#2f6791",
    "high": "#6db8ee",
    "score-0": "#6d7d98",
    "score-1": "#7f97bd",
    "score-2": "#a5c0e6",
    "score-3": "#deebff",
    "arm-0": "#55d0ff",
    "arm-1": "#ff781a",
    "arm-2": "#32996f",
    "arm-3": "#dca6bb",
    "arm-4": "#a86d33",
    "arm-5": "#fafafa",
    "arm-6": "#9d5dde",
    "arm-7": "#6b799c",
}
"""{name: colour on a dark page}; the same names."""
ARMS = tuple(colour for name, colour in LIGHT.items() if name.startswith("arm-"))
"""Colours of arms, in their order in the plan."""
SCORES = tuple(colour for name, colour in LIGHT.items() if name.startswith("score-"))
"""Colours of scores, from the worst quarter to the best."""
DIVERGING = [
    [place / 4, LIGHT[name]]
    for place, name in enumerate(("low", "lowish", "middle", "highish", "high"))
]
"""Plotly's form of the scale of differences."""


def css() -> str:
    """Return the colours as variables of a style sheet; paper gets the light ones."""
    light, dark = (
        " ".join(f"--{name}: {colour};" for name, colour in colours.items())
        for colours in (LIGHT, DARK)
    )
    return (
        f":root {{ color-scheme: light; {light} }}\n"
        "@media screen and (prefers-color-scheme: dark) {\n"
        f":root {{ color-scheme: dark; {dark} }}\n}}\n"
    )


def variable(colour: str) -> str:
    """Return a light colour as the variable of the style sheet, which is dark on a dark page."""
    return next(f"var(--{name})" for name, light in LIGHT.items() if light == colour)


def script() -> str:
    """Return the script with {light colour: dark colour}, for what draws figures."""
    return f"const DARK = {json.dumps({LIGHT[name]: DARK[name] for name in LIGHT})};"
