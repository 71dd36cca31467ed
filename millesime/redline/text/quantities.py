"""Quantities in French and English sentences: counts, amounts, percentages, dates, durations, measures.

A sentence is cut into tokens, of which a quantity is one: "3,5 millions d’euros",
"from 10 to 12", "3 juillet 2018", "douze", "2007-present". A number that only
names something is no quantity but a `label`: "chapitre 4", "Listing 10-3",
"1.67.0", "[12]", "Dupont et al. 2019", an address, a file name.

    [token.kind for token in read_tokens("La loi n° 78-17 coûte 12 %.")] == ["", "label", "", "percentage", ""]
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache

LABEL = "label"
ARTICLE = "article"  # "un", "une", "one": a number only where another number takes its place


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A word, a sign, a quantity or a label of a sentence."""

    text: str  # as printed
    start: int
    stop: int
    kind: str = ""  # "": a word or sign; LABEL, ARTICLE; else what the quantity is
    unit: str = ""  # in one spelling: "year" for "ans", "EUR" for "€"
    values: frozenset[str] = frozenset()  # as it may be read: "1,234" is 1234 or 1.234; equal values share one
    stem: str = ""  # of a word: lower case, without the sign of the plural

    @property
    def is_quantity(self) -> bool:
        return self.kind not in ("", LABEL)

    @property
    def key(self) -> str:
        """Return what tells this token from others, the same for "12 %", "12%" and "douze pour cent"."""
        if self.kind == LABEL:
            return "label"
        return f"{self.unit or '='} {min(self.values)}" if self.is_quantity else self.stem


def read_tokens(text: str) -> list[Token]:
    """Return a sentence cut into words, signs, quantities and labels; white space separates only."""
    tokens = [_token(found) for found in _token_pattern().finditer(text)]
    counts_items, names_editions = "(1)" in text, _EDITION.search(text) is not None
    for place, token in enumerate(tokens):
        before = tokens[place - 1].text if place else ""
        after = tokens[place + 1].text if place + 1 < len(tokens) else ""
        is_item = counts_items and token.kind == "number" and (before, after) == ("(", ")")
        is_name = names_editions and token.kind == "year" and before[:1].isupper()  # Rust 2021
        if is_item or is_name:
            tokens[place] = replace(token, kind=LABEL)
    return tokens


def _token(found: re.Match[str]) -> Token:
    place = {"text": found[0].strip(), "start": found.start(), "stop": found.end()}
    match found.lastgroup:
        case "label":
            return Token(kind=LABEL, **place)
        case "date" | "iso" | "slashed" | "month":
            return Token(kind="date", unit="date", values=frozenset({_date(found)}), **place)
        case "time":
            return Token(kind="time", unit="h", values=frozenset({re.sub(r"\D+", ":", found[0])}), **place)
        case "rank":
            return Token(kind="rank", unit="rank", values=frozenset(re.findall(r"\d+", found[0])), **place)
        case "ratio":
            return _ratio(found[0], place)
        case "quantity":
            return _quantity(found, place)
        case "article":
            return Token(kind=ARTICLE, values=frozenset({"1"}), **place)
        case _:
            word = found[0].casefold()
            return Token(stem=word[:-1] if len(word) > 3 and word[-1] in "sx" else word, **place)


def _ratio(text: str, place: dict) -> Token:
    """Return "2018/19" as years, "3/4" as a number, "2016/679" as a label."""
    first, second = text.split("/")
    if _is_year(first) and len(second) in (2, 4):
        return Token(
            kind="year", unit="year", values=frozenset({f"{first}..{first[: 4 - len(second)]}{second}"}), **place
        )
    return Token(kind=LABEL if max(len(first), len(second)) > 2 else "number", values=frozenset({text}), **place)


def _quantity(found: re.Match[str], place: dict) -> Token:
    kind, unit = "number", ""
    if sign := found["money"]:
        kind, unit = "amount", _CURRENCIES[sign]
    if name := found["unit"]:
        kind, unit = _unit(name)
    many = found["many"] or ""
    ends = [end for end in (found["first"], found["second"]) if end]
    if kind == "number" and not many and all(map(_is_year, ends)):
        kind, unit = "year", "year"
    read = [_readings(end, many) for end in ends] + ([{"now"}] if found["open"] else [])
    values = read[0] if len(read) == 1 else {"..".join(min(end) for end in read)}
    return Token(kind=kind, unit=unit, values=frozenset(values), **place)


def _is_year(text: str) -> bool:
    return len(text) == 4 and text.isdecimal() and "1500" <= text < "2200"


def _readings(text: str, many: str) -> set[str]:
    """Return the values of digits or words, times a multiplier, as plain decimals."""
    raised = "".join(sign for sign in text if sign in _RAISED)  # 10⁶
    text = text.strip().rstrip(_RAISED).replace("−", "-")
    if not any(map(str.isdecimal, text)):
        about = "~" if (stem := _crowd(text)) else ""
        numbers = [Decimal(stem or _spelt_out(text))]
    else:
        about = ""
        numbers = _decimals(re.sub(r"[\s'’+]", "", text))
    factor = next((times for word, times in _MULTIPLIERS.items() if re.fullmatch(word, many, re.IGNORECASE)), 1)
    return {f"{about}{(number * factor).normalize():f}{raised}" for number in numbers}


def _decimals(digits: str) -> list[Decimal]:
    """Return the numbers that digits with points and commas may be: one, or two for "1,234"."""
    commas, points = digits.count(","), digits.count(".")
    if commas and points:
        grouping = "," if digits.rindex(",") < digits.rindex(".") else "."
        digits = digits.replace(grouping, "")
    elif commas > 1 or points > 1:
        digits = re.sub("[.,]", "", digits)
    numbers = [Decimal(digits.replace(",", "."))]
    if re.fullmatch(r"-?[1-9]\d{0,2}[.,]\d{3}", digits):
        numbers.append(Decimal(re.sub("[.,]", "", digits)))
    return numbers


# ---- numbers in words ------------------------------------------------------

_NUMBERS = {
    word: number
    for number, names in {
        1: "un une one a", 2: "deux two", 3: "trois three", 4: "quatre four", 5: "cinq five", 6: "six", 7: "sept seven",
        8: "huit eight", 9: "neuf nine", 10: "dix ten", 11: "onze eleven", 12: "douze twelve", 13: "treize thirteen",
        14: "quatorze fourteen", 15: "quinze fifteen", 16: "seize sixteen", 17: "seventeen", 18: "eighteen",
        19: "nineteen", 20: "vingt vingts twenty", 30: "trente thirty", 40: "quarante forty", 50: "cinquante fifty",
        60: "soixante sixty", 70: "septante seventy", 80: "huitante octante eighty", 90: "nonante ninety",
        100: "cent cents hundred", 1000: "mille thousand",
    }.items()
    for word in names.split()
}  # fmt: skip
_CROWDS = {"dizaine": 10, "douzaine": 12, "vingtaine": 20, "trentaine": 30, "cinquantaine": 50, "centaine": 100,
           "millier": 1000, "dozen": 12}  # fmt: skip


def _crowd(text: str) -> int | None:
    """Return what "une centaine" or "deux milliers" is about, None for another number."""
    *before, name = text.casefold().split()
    number = _CROWDS.get(name.removesuffix("s"))
    return number and number * (_NUMBERS.get(before[0], 1) if before else 1)


def _spelt_out(text: str) -> int:
    """Return the number that words spell: "quatre-vingt-dix-sept" is 97, "two hundred and five" 205."""
    total = current = 0
    for word in re.findall(r"\w+", text.casefold()):
        number = _NUMBERS.get(word, 0)
        if number == 1000:
            total, current = total + (current or 1) * 1000, 0
        elif number == 100:
            current = (current or 1) * 100
        elif number == 20 and current % 100 == 4:
            current += 76
        else:
            current += number
    return total + current


# ---- units -----------------------------------------------------------------

_RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹"
_MULTIPLIERS = {r"mille|thousand|k": 1000, r"millions?|M": 10**6, r"milliards?|billions?|Mds?|bn": 10**9}
_CURRENCIES = {"€": "EUR", "$": "USD", "£": "GBP"}
_UNITS = {  # unit → its names, as patterns
    "percentage": {
        "%": r"%|pour ?cent|p\. ?100|per ?cent", "‰": "‰|pour mille", "point": "points?(?: de pourcentage)?",
    },
    "amount": {"EUR": "€|euros?|EUR", "USD": r"\$|dollars?|USD", "GBP": "£|GBP", "CHF": "CHF|francs? suisses?"},
    "duration": {
        "year": "ans?|années?|years?|yrs?", "month": "mois|months?", "week": "semaines?|weeks?",
        "day": "jours?|days?", "hour": "heures?|hours?|h", "minute": "minutes?|min", "second": "secondes?|seconds?",
        "ms": "millisecondes?|milliseconds?|ms",
    },
    "measure": {
        "km": "km|kilom[èe]tres?|kilometers?", "m": "m|m[èe]tres?|meters?", "cm": "cm|centim[èe]tres?", "mm": "mm",
        "µm": "[µμ]m", "nm": "nm", "km²": "km²|km2", "m²": "m²|m2", "m³": "m³|m3", "ha": "ha|hectares?",
        "kg": "kg|kilogrammes?", "g": "g|grammes?", "t": "t|tonnes?|tons?", "l": "l|L|litres?|liters?",
        "°C": "° ?C|degrés?(?: Celsius)?|degrees?(?: Celsius)?", "°": "°", "kW": "kW", "MW": "MW", "GW": "GW",
        "kWh": "kWh", "MWh": "MWh", "GWh": "GWh", "TWh": "TWh", "dB": "dB", "ppm": "ppm", "Hz": "[kMG]?Hz",
        "byte": "octets?|bytes?", "kB": "ko|kB|KB", "MB": "Mo|MB", "GB": "Go|GB", "TB": "To|TB", "Mbit/s": "Mbits?/s",
        "Gbit/s": "Gbits?/s",
    },
}  # fmt: skip
_NAMED_UNITS = [(re.compile(names), kind, unit) for kind, units in _UNITS.items() for unit, names in units.items()]


def _unit(name: str) -> tuple[str, str]:
    """Return kind and unit of a unit's name: "€", "d'euros", "mois"."""
    name = re.sub(r"^(?:d['’]|de )", "", " ".join(name.split()))
    for names, kind, unit in _NAMED_UNITS:
        if names.fullmatch(name) or names.fullmatch(name.casefold()):
            return kind, unit
    raise AssertionError(f"no unit named {name!r}")


# ---- dates -----------------------------------------------------------------

_MONTHS = (
    r"janvier|january|janv|jan", r"février|fevrier|february|févr|fév|feb", r"mars|march|mar", r"avril|april|avr|apr",
    r"mai|may", r"juin|june|jun", r"juillet|july|juil|jul", r"août|aout|august|aug", r"septembre|september|sept|sep",
    r"octobre|october|oct", r"novembre|november|nov", r"décembre|decembre|december|déc|dec",
)  # fmt: skip


def _month(text: str) -> int:
    return next((n for n, names in enumerate(_MONTHS, 1) if re.search(rf"\b(?:{names})\b", text, re.IGNORECASE)), 0)


def _date(found: re.Match[str]) -> str:
    """Return a date as "2018-7-3"; what is not said is left out: "2018-7", "-7-3"."""
    text = found[0]
    if found.lastgroup == "iso":
        return "-".join(str(int(part)) for part in text.split("-"))
    if found.lastgroup == "slashed":
        return "-".join(str(int(part)) for part in reversed(re.split(r"[/.]", text)))
    year = re.search(r"\b\d{4}\b", text)
    days = re.findall(r"(?<!\d)\d{1,2}(?!\d)", text)
    return "-".join([year[0] if year else "", str(_month(text)), *(str(int(day)) for day in days)])


# ---- the one pattern -------------------------------------------------------

_GAP = "[ \u00a0\u202f\u2009]"
_MONTH = rf"(?i:{'|'.join(_MONTHS)})\.?(?!\w)"
_WHOLE_MONTH = (
    "(?i:janvier|february|février|mars|april|avril|mai|june|juin|july|juillet|august|août"
    "|(?:septem|octo|novem|d[eé]cem)b(?:er|re))"
)
_DAY = r"[0-3]?\d(?:er|st|nd|rd|th)?"
_DAYS = rf"(?:{_DAY}{_GAP}?(?:[-–]|au|et|to|and){_GAP}?)?{_DAY}"
_YEAR = r"(?:1[5-9]|2[01])\d\d"

_DIGITS = (
    r"[-−+]?(?:\d{1,3}(?:[ \u00a0\u202f\u2009'’]\d{3})+(?:[.,]\d+)?"
    r"|\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d{1,3}(?:\.\d{3}){2,}(?:,\d+)?|\d+(?:[.,]\d+)?|\.\d+)[⁰-⁹¹²³]*"
)
_WORD = "|".join(sorted((word for word, number in _NUMBERS.items() if number > 1), key=len, reverse=True))
_MANY = "(?:(?i:mille|thousand|millions?|milliards?|billions?)|k|M|Mds?|bn)"
_WORDS = (
    rf"(?i:(?:(?:an?|une?|one|deux|two|quelques|plusieurs|several){_GAP})?(?:{'|'.join(_CROWDS)})s?(?!\w)"
    rf"|(?:une?|one|a)(?={_GAP}(?:millions?|milliards?|billions?)\b)"
    rf"|(?:(?:one|a){_GAP}(?=hundred|thousand))?(?<!per )(?<!pour )(?:{_WORD})(?!\w)"
    rf"(?:(?:{_GAP}|-)(?:{_WORD})(?!\w)|(?:{_GAP}|-)et(?:{_GAP}|-)(?:une?|onze)(?!\w)|-(?:one|une?)(?!\w)"
    rf"|(?<=hundred){_GAP}and{_GAP}(?:{_WORD})(?!\w))*)"
)
_NUMBER = f"(?:{_DIGITS}|{_WORDS})"
_SYMBOLS = "|".join(
    (f"(?i:{name})" if re.search("[a-zé]{3}", name) else name).replace(" ", _GAP)
    for units in _UNITS.values()
    for names in units.values()
    for name in names.split("|")
)
_QUANTITY = (
    rf"(?P<quantity>(?:(?P<money>[€$£]){_GAP}?)?(?P<first>{_NUMBER})"
    rf"(?:(?:[-–]|{_GAP}–{_GAP}|(?<=\d\d\d\d) - (?=\d\d\d\d)|{_GAP}(?i:à|to|ou|or){_GAP})(?P<second>{_NUMBER})"
    r"|(?P<open> ?[-–] ?(?i:present|présent|ongoing|today|now|aujourd['’]hui)))?"
    rf"(?:{_GAP}?(?P<many>{_MANY})(?![\w²³]))?"
    rf"(?:(?:{_GAP}?|-)(?:(?:d['’]|de{_GAP})(?=[€$£edEUGC]))?(?P<unit>{_SYMBOLS})(?![\w²³]))?)"
    r"(?![\w²³]|-\w|[.,]\d)(?:\+(?!\w))?"
)

# What a number only names. After the label, more than one may follow: "Chapters 2, 12 and 20".
_LABELLED = (
    "chapitre|chapter|section|figure|tableau|table|listing|annexe|appendix|appendice|article|page|ligne|line|note|encadré"
    "|box|fiche|numéro|number|équation|equation|étape|step|recommandation|recommendation|proposition|partie|part|tome"
    "|volume|alinéa|paragraphe|paragraph|question|axe|objectif|version|release|phase|lot|exemple|example|exercice"
    "|exercise|index|loi|décret|arrêté|ordonnance|règlement|directive|norme|iso|rfc|code|niveau|level|type|titre|livre"
    "|art|p|pp|fig|tab|ch|chap|sect|vol|eq|éq|no|nos|al|id|table|scénario|scenario|mesure|action|atelier|édition|edition"
    "|millésime|arrondissement"
)
_LABELS = rf"(?i:(?:{_LABELLED})[sx]?)"
_REFERENCE = rf"(?:[LRDA]\.{_GAP}?)?[A-Z]?\d+(?:[-.–/]\d+)*[a-z]?(?![\w€$%])(?!{_GAP}?(?:{_SYMBOLS}|{_MANY})(?!\w))"
# Possessive and atomic: gaps and references are taken whole, so that a long row of them is read in one way only.
_NEXT = (
    rf"{_GAP}*+(?:[,;]{_GAP}*+(?:(?:et|and|ou|or){_GAP}++)?|(?:et|and|&|ou|or|à|to|au){_GAP}++|–{_GAP}*+){_REFERENCE}"
)
_LABEL = (
    rf"(?P<label>(?<!\w)(?:{_LABELS}\.?{_GAP}*(?:n[°º]{_GAP}?|\()?|n[°º]s?{_GAP}?|[§#]{_GAP}?){_REFERENCE}"
    rf"(?:(?>{_NEXT})+(?=[^\w]*$|[.,;:)\]]|{_GAP}(?:are|is|est|sont|et|and|of|du|de)\b))?"
    r"|https?://\S+|www\.\S+|doi:\S+|10\.\d{4,9}/\S+|(?<![\w.+-])[\w.+-]{1,64}@[\w-]+\.\w[\w.]*|@[\w:.-]+|(?<![\w/])\w+(?:/\w+){2,}"
    r"|(?<![\w./-])[\w./-]{0,200}\w\.(?:pdf|csv|json|ya?ml|svg|png|jpe?g|html?|md|rs|py|toml|txt|xlsx?|docx?|zip)\b"
    r"|(?<![\w.])(?!\d{1,3}(?:\.\d{3})+(?![\w]|\.\d))v?\d+(?:\.\d+){2,}\w*|(?<!\w)v\.?\d+(?:\.\d+)*(?!\w)|(?<![\w.])\d+(?:\.\d+)*\._?x_?(?!\w)"
    r"|(?<!\d)(?:\+33[ .]?\d|0\d)(?:[ .\u00a0]?\d\d){4}(?!\d)"
    r"|\[\d+(?:[,–\- ]+\d+)*\]|(?<!\w)[A-Z]{1,9}[-_]\d[\w-]*|(?<![\w-])\d+-\d+-[\d-]+"
    rf"|et al\.?,?{_GAP}?\(?{_YEAR}[a-z]?(?!\w)|&{_GAP}[A-Z]\w+,?{_GAP}?\(?{_YEAR}[a-z]?(?!\w)"
    rf"|(?<!\w){_YEAR}{_GAP}(?i:éditions?|editions?)\b|(?<!\w)\d{{5}}{_GAP}(?=[A-ZÀ-Ý][a-zà-ÿ])"
    rf"|(?<!\w)\d+(?:er|re|e|ème|nd|st|rd|th){_GAP}(?i:{_LABELLED})s?\b"
    rf"|(?<=[^.!?:] )[A-Z][a-zé]+{_GAP}\d{{1,2}}(?=[.,;:)\]]?(?:{_GAP}|$)(?!{_GAP}?[a-zà-ÿ]{{4}}))"
    rf"(?!{_GAP}?(?:{_SYMBOLS})(?!\w))"
    rf"|^\(?\d{{1,3}}(?:\.\d+)*[.)](?=\s|$)|^\d+(?:\.\d+)+(?={_GAP}[A-ZÀ-Ý]))"
)
_DATE = (
    r"(?P<iso>(?<![\w-])\d{4}-\d\d-\d\d(?![\w-]))|(?P<slashed>(?<![\w/.])[0-3]?\d[/.][01]?\d[/.](?:1[5-9]|2[01])\d\d(?![\w/]))"
    rf"|(?P<date>(?<![\w.,-])(?:{_DAYS}{_GAP}{_MONTH}(?:{_GAP}{_YEAR}(?!\w))?"
    rf"|(?<!\w){_MONTH}{_GAP}(?:{_DAY}(?:[-–]{_DAY})?,?{_GAP})?{_YEAR}(?!\w)|{_MONTH}{_GAP}{_DAY}(?![\w.,]*\d)(?!\w)))"
    rf"|(?P<month>(?<!\w){_WHOLE_MONTH}(?!\w))"
)
_TOKEN = (
    rf"{_DATE}|{_LABEL}|(?P<time>(?<!\w)[0-2]?\d{_GAP}?h{_GAP}?[0-5]\d(?!\w))"
    r"|(?P<rank>(?<!\w)\d+(?:ers?|ères?|res?|es?|èmes?|nde?s?|st|rd|th)(?!\w))"
    r"|(?P<ratio>(?<![\w/.,])\d+/\d+(?![\w/]|[.,]\d))"
    rf"|(?<!\w)(?<!\w[-./])(?<!\d,){_QUANTITY}"
    r"|(?P<article>(?i:(?<!\w)(?:une?|one)(?![\w-])))|\w+|\S"
)
_EDITION = re.compile("(?i)[ée]dition")
# What may be a quantity, for a first look: digits, number words, months.
_COUNTABLE = (
    rf"(?i:\d[\d.,]*|\b(?:{_WORD}|(?:{'|'.join(_CROWDS)})s?|millions?|milliards?|billions?)\b|\b{_WHOLE_MONTH}\b)"
)


# Compiled when they are asked for: together they take longer than a build that has nothing to do.


@cache
def _token_pattern() -> re.Pattern[str]:
    return re.compile(_TOKEN)


@cache
def countable() -> re.Pattern[str]:
    """Return the pattern of what may be a quantity."""
    return re.compile(_COUNTABLE)


@cache
def figure() -> re.Pattern[str]:
    """Return the pattern of what may be a quantity, and of what may be its unit."""
    return re.compile(rf"(?:{_COUNTABLE})\W{{0,2}}\w*[%‰€$£]?")
