"""GS1 identities and codecs: every form of a key maps to one canonical Digital Link, and back.

>>> canonical("urn:epc:id:sgtin:4012345.011111.987")
'https://id.gs1.org/01/04012345111118/21/987'
"""

from __future__ import annotations

from foundation.gs1.application_identifiers import (
    APPLICATION_IDENTIFIERS,
    KEY_QUALIFIERS,
    ApplicationIdentifier,
)
from foundation.gs1.canonical import (
    canonical,
    canonical_or_opaque,
    company_prefix_matches,
    parse,
    to_digital_link,
    to_element_string,
    to_urn,
)
from foundation.gs1.digital_link import DigitalLink, link_of_elements, read_digital_link
from foundation.gs1.element_string import GS, element_string, parse_element_string
from foundation.gs1.identity import Elements, Identity, Level
from foundation.gs1.keys import Gs1Error, check_character_pair, check_digit, gtin14, has_check_digit
from foundation.gs1.prefixes import company_prefix_length, is_restricted_circulation
from foundation.gs1.tag_data import Tag, decode_tag, encode_tag

__all__ = [
    "APPLICATION_IDENTIFIERS",
    "GS",
    "KEY_QUALIFIERS",
    "ApplicationIdentifier",
    "DigitalLink",
    "Elements",
    "Gs1Error",
    "Identity",
    "Level",
    "Tag",
    "canonical",
    "canonical_or_opaque",
    "check_character_pair",
    "check_digit",
    "company_prefix_length",
    "company_prefix_matches",
    "decode_tag",
    "element_string",
    "encode_tag",
    "gtin14",
    "has_check_digit",
    "is_restricted_circulation",
    "link_of_elements",
    "parse",
    "parse_element_string",
    "read_digital_link",
    "to_digital_link",
    "to_element_string",
    "to_urn",
]
