"""Currencies: ISO 4217 codes, their decimals, and the signs that people type."""

from __future__ import annotations

#: ISO 4217 active codes (amendment 176), without funds and precious metals.
CODES = frozenset(
    """AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY
    COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS
    INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP
    MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR
    SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES VND
    VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWG""".split()
)
_DECIMALS = {
    **dict.fromkeys("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF".split(), 0),
    **dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3),
}
#: A sign means the package's currency when that currency uses it, else the first one here.
_SIGNS = {
    "¥": ("CNY", "JPY"), "£": ("GBP", "EGP", "GIP", "FKP", "SHP", "SYP", "LBP"), "€": ("EUR",), "₩": ("KRW", "KPW"),
    "$": ("USD", "HKD", "SGD", "TWD", "AUD", "CAD", "NZD", "MXN", "MOP", "ARS", "CLP", "COP", "BND", "FJD", "JMD", "TTD"),
    "₹": ("INR",), "₫": ("VND",), "฿": ("THB",), "₽": ("RUB",), "₱": ("PHP",), "₺": ("TRY",), "₪": ("ILS",),
    "₴": ("UAH",),
}  # fmt: skip


def decimals(currency: str) -> int:
    """Decimals of the minor unit: 2 for CNY, 0 for JPY, 3 for KWD."""
    return _DECIMALS.get(currency, 2)


def currency_of(unit: str, package_currency: str) -> str | None:
    """The currency that a sign or code means in a package; None for an unknown code."""
    if unit in _SIGNS:
        return package_currency if package_currency in _SIGNS[unit] else _SIGNS[unit][0]
    return unit if unit in CODES else None


def sign_of(currency: str) -> str:
    """How an amount of the currency is best written: its sign where that is the default meaning, else `KWD `."""
    return next((sign for sign, codes in _SIGNS.items() if codes[0] == currency), f"{currency} ")


def money_example(currency: str) -> str:
    """`¥35.00` in CNY, `KWD 35.000` in KWD, `JPY 35` in JPY."""
    places = decimals(currency)
    return sign_of(currency) + ("35" if places == 0 else "35." + "0" * places)


def shown_money(amount_minor: int, currency: str) -> str:
    """`¥29.90`, `-¥0.05`, `KWD 1.250`."""
    places = decimals(currency)
    digits = str(abs(amount_minor)).rjust(places + 1, "0")
    number = f"{digits[:-places]}.{digits[-places:]}" if places else digits
    sign = sign_of(currency)
    return f"{'-' if amount_minor < 0 else ''}{sign}{number}"
