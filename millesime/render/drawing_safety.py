"""Allow-lists for SVG: elements, attributes, properties and functions that a published drawing may have.

Whatever is on no list is left out: what nobody thought of when the lists were
written does not pass. Elements are those of SVG's namespace that draw
something (https://www.w3.org/TR/SVG2/eltindex.html, attindex.html,
propidx.html); values are read as CSS (tinycss2), and no function stays that
can name an address, but `url(#id)` in the same drawing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import tinycss2
from lxml import etree

from millesime.render.sanitise import replace_forbidden

SVG = "http://www.w3.org/2000/svg"
XLINK_HREF = "{http://www.w3.org/1999/xlink}href"
_XML = "{http://www.w3.org/XML/1998/namespace}"

ELEMENTS = frozenset(
    "svg g defs symbol use switch a title desc style path rect circle ellipse line polyline polygon text tspan "
    "textPath tref image linearGradient radialGradient stop pattern clipPath mask marker filter feBlend "
    "feColorMatrix feComponentTransfer feComposite feConvolveMatrix feDiffuseLighting feDisplacementMap "
    "feDistantLight feDropShadow feFlood feFuncA feFuncB feFuncG feFuncR feGaussianBlur feMerge feMergeNode "
    "feMorphology feOffset fePointLight feSpecularLighting feSpotLight feTile feTurbulence".split()
)

PROPERTIES = frozenset(
    "alignment-baseline background background-color baseline-shift border border-radius clip clip-path clip-rule "
    "color color-interpolation color-interpolation-filters color-rendering cx cy d direction display "
    "dominant-baseline fill fill-opacity fill-rule filter flood-color flood-opacity font font-family "
    "font-feature-settings font-kerning font-size font-size-adjust font-stretch font-style font-variant "
    "font-variant-caps font-variant-ligatures font-variant-numeric font-weight glyph-orientation-horizontal "
    "glyph-orientation-vertical height image-rendering inline-size isolation letter-spacing lighting-color "
    "line-height margin marker marker-end marker-mid marker-start mask mask-type max-height max-width min-height "
    "min-width mix-blend-mode opacity order overflow padding paint-order pointer-events r rx ry shape-rendering "
    "stop-color stop-opacity stroke stroke-dasharray stroke-dashoffset stroke-linecap stroke-linejoin "
    "stroke-miterlimit stroke-opacity stroke-width text-align text-anchor text-decoration text-decoration-color "
    "text-decoration-line text-decoration-style text-indent text-orientation text-overflow text-rendering "
    "text-transform transform transform-box transform-origin unicode-bidi vector-effect visibility white-space "
    "width word-spacing writing-mode x y".split()
)
_TOLD = frozenset({"id", "class", "lang", "role", "aria-label", "aria-labelledby", "aria-describedby", "aria-hidden"})
_ATTRIBUTES = frozenset(
    "amplitude azimuth baseFrequency bias clipPathUnits diffuseConstant divisor dx dy edgeMode elevation exponent "
    "filterUnits fr fx fy gradientTransform gradientUnits in in2 intercept k1 k2 k3 k4 kernelMatrix "
    "kernelUnitLength lengthAdjust limitingConeAngle markerHeight markerUnits markerWidth maskContentUnits "
    "maskUnits method mode numOctaves offset operator orient pathLength patternContentUnits patternTransform "
    "patternUnits points pointsAtX pointsAtY pointsAtZ preserveAlpha preserveAspectRatio primitiveUnits radius "
    "refX refY requiredExtensions requiredFeatures result rotate scale seed side slope spacing specularConstant "
    "specularExponent spreadMethod startOffset stdDeviation stitchTiles style surfaceScale systemLanguage "
    "tableValues targetX targetY textLength type values version viewBox width x1 x2 xChannelSelector y1 y2 "
    "yChannelSelector z zoomAndPan".split()
)
_OF_XML = frozenset({f"{_XML}space", f"{_XML}lang"})
_HREF_OF = frozenset("use textPath tref linearGradient radialGradient pattern filter".split())

_FUNCTIONS = frozenset(
    "rgb rgba hsl hsla hwb lab lch oklab oklch color color-mix device-cmyk icc-color calc min max clamp var "
    "matrix matrix3d translate translatex translatey translate3d scale scalex scaley rotate skew skewx skewy "
    "perspective blur brightness contrast drop-shadow grayscale hue-rotate invert opacity saturate sepia circle "
    "ellipse inset polygon path rect xywh cubic-bezier steps".split()
)
_AT_RULES = frozenset({"media", "supports"})  # that hold rules, which are sieved as the others
_LOCAL = re.compile(r"#([\w.:-]+)")
_DATA = re.compile(r"data:image/(png|jpeg|gif);base64,[A-Za-z0-9+/=\s]*")
_DEEP = 10  # at-rules in one another, and functions in one another


def sieve_element(element: etree._Element) -> None:
    """Leave an element of `ELEMENTS` only what is on the lists, in place; a sheet loses all but its text."""
    name = element.tag.rpartition("}")[2]
    written = element.attrib.items()
    if len(written) != len(dict(written)):  # twice the same one, which the parser let pass and no browser does
        element.attrib.clear()
        element.attrib.update(reversed(written))
    for key, value in element.attrib.items():
        kept = _attribute(name, key, value)
        if kept is None:
            del element.attrib[key]
        elif kept != value:
            element.set(key, kept)
    if name == "style":
        text = "".join(_texts(element))
        for child in list(element):
            element.remove(child)
        of_css = element.get("type", "text/css").strip().lower() in ("", "text/css")
        element.text = safe_sheet(text) if of_css else ""


def is_known(element: etree._Element) -> bool:
    namespace, _, name = element.tag.rpartition("}")  # a prefix that stands for nothing makes no name of XML's
    return namespace == f"{{{SVG}" and name in ELEMENTS


def is_inline_picture(value: str) -> bool:
    return _DATA.fullmatch(value) is not None


def _attribute(name: str, key: str, value: str) -> str | None:
    """Return the value that an attribute keeps, or None for one that goes."""
    if key in ("href", XLINK_HREF):
        if name == "image":
            return value if is_inline_picture(value.strip()) else None
        return value if name in _HREF_OF and _LOCAL.fullmatch(value.strip()) else None
    if key in _TOLD or key in _OF_XML:
        return value
    if key == "style":
        return "; ".join(safe_declarations(value)) or None
    if key not in _ATTRIBUTES and key not in PROPERTIES:
        return None
    if "(" not in value and "\\" not in value:
        return value
    return _safe_value(tinycss2.parse_component_value_list(value))


def _texts(element: etree._Element) -> Iterator[str]:
    """Yield all that a sheet says, also behind elements in it: a browser reads it as one text."""
    yield element.text or ""
    for child in element:
        yield from _texts(child) if isinstance(child.tag, str) else ()
        yield child.tail or ""


# ---- CSS -----------------------------------------------------------------------------


def safe_sheet(css: str) -> str:
    """Return a style sheet with the rules, properties and functions that are on the lists, written anew."""
    return "\n".join(_rules(tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True)))


def _rules(nodes: Iterable, depth: int = 0) -> Iterator[str]:
    for node in nodes:
        prelude = _safe_value(node.prelude) if node.type in ("qualified-rule", "at-rule") else None
        if prelude is None:
            continue
        if node.type == "qualified-rule":
            declarations = "; ".join(safe_declarations(node.content))
            if declarations:
                yield f"{prelude.strip()} {{ {declarations} }}"
        elif node.lower_at_keyword in _AT_RULES and node.content is not None and depth < _DEEP:
            inner = "\n".join(_rules(tinycss2.parse_rule_list(node.content, True, True), depth + 1))
            yield f"@{node.lower_at_keyword} {prelude.strip()} {{ {inner} }}"


def safe_declarations(content) -> Iterator[str]:
    """Yield the declarations of a rule or a `style` attribute that are on the lists, written anew."""
    for node in tinycss2.parse_blocks_contents(content):
        if node.type != "declaration":
            continue
        is_custom = node.name.startswith("--")
        value = _safe_value(node.value) if is_custom or node.lower_name in PROPERTIES else None
        if value is not None:
            name = node.name if is_custom else node.lower_name
            important = " !important" if node.important else ""
            if re.fullmatch(r"-{0,2}[A-Za-z_][\w-]*", name):
                yield f"{name}: {value.strip()}{important}"


def _safe_value(tokens: Iterable, depth: int = 0) -> str | None:
    """Return a value written anew; None if a part of it is on no list. An address out of the drawing is `none`."""
    if depth > _DEEP:
        return None
    parts = []
    for token in tokens:
        if token.type == "url":
            parts.append(_local_url(token.value))
        elif token.type == "function":
            if token.lower_name == "url":
                said = [one for one in token.arguments if one.type != "whitespace"]
                parts.append(_local_url(said[0].value if len(said) == 1 and said[0].type == "string" else ""))
                continue
            inner = _safe_value(token.arguments, depth + 1)
            if inner is None or token.lower_name not in _FUNCTIONS | _SELECTING:
                return None
            parts.append(f"{token.name}({inner})")  # "skewX": attributes mind the case
        elif token.type in ("() block", "[] block"):
            inner = _safe_value(token.content, depth + 1)
            if inner is None:
                return None
            parts.append(f"{token.type[0]}{inner}{token.type[1]}")
        elif token.type in ("{} block", "error", "at-keyword", "unicode-range"):
            return None
        elif token.type == "comment":
            parts.append(" ")
        else:
            written = token.serialize()
            if replace_forbidden(written) != written:  # an escape may stand for a control character: "\\10"
                return None
            parts.append(written)
    return "".join(_apart(parts))


def _apart(parts: list[str]) -> Iterator[str]:
    """Yield the parts of a value, with white space between two parts that would be read as one function.

    A `none` may stand for a `url()` to which the next function was joined:
    "url(x)matrix(1)" is two functions, "nonematrix(1)" one that is on no
    list. A bracket after a number with a unit opens no function, but
    "1url(x)" looks like one.
    """
    before = ""
    for part in parts:
        is_none = "none" in (before, part) and not {before[-1:], part[:1]} & set(" \t\n,;")
        if before and (is_none or part[:1] == "(" and (before[-1].isalnum() or before[-1] in "-_")):
            yield " "
        yield part
        before = part


_SELECTING = frozenset({"not", "is", "where", "nth-child", "nth-of-type", "nth-last-child", "nth-last-of-type", "lang"})


def _local_url(value: str) -> str:
    found = _LOCAL.fullmatch(value.strip())
    return f"url(#{found[1]})" if found else "none"
