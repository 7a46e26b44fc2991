"""The standard vocabularies of the CBV 2.0, in all their spellings.

A standard value can be written as its bare word (`shipping`), as the URN of EPCIS 1.x
(`urn:epcglobal:cbv:bizstep:shipping`), as a web URI (`https://ref.gs1.org/cbv/BizStep-shipping`) or as
a CURIE (`cbv:BizStep-shipping`). Inside it is the bare word; any other value is kept as received.

The words are those of the EPCIS 2.0.1 JSON schema. Clauses: CBV 2.0, the standard vocabularies and §8.9.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

__all__ = [
    "BIZ_STEP",
    "BIZ_TRANSACTION_TYPE",
    "COMPONENT",
    "DISPOSITION",
    "ERROR_REASON",
    "MEASUREMENT_TYPE",
    "PREFIXES",
    "SENSOR_ALERT_TYPE",
    "SOURCE_DEST_TYPE",
    "Vocabulary",
]

CBV: Final = "https://ref.gs1.org/cbv/"
GS1_VOC: Final = "https://gs1.org/voc/"

PREFIXES: Final[Mapping[str, str]] = {
    "epcis": "https://ref.gs1.org/epcis/",
    "cbv": CBV,
    "cbvmda": "urn:epcglobal:cbv:mda:",
    "gs1": GS1_VOC,
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "dcterms": "http://purl.org/dc/terms/",
}
"""The prefixes that the GS1 context of EPCIS 2.0 defines."""


class Vocabulary:
    """One list of standard values.

    Attributes:
        name: what the values are, for messages.
        words: the bare words, in the order of the schema.

    >>> BIZ_STEP.word("urn:epcglobal:cbv:bizstep:shipping"), BIZ_STEP.word("https://example.com/steps/x")
    ('shipping', 'https://example.com/steps/x')
    >>> BIZ_STEP.uri("shipping"), BIZ_STEP.urn("shipping")
    ('https://ref.gs1.org/cbv/BizStep-shipping', 'urn:epcglobal:cbv:bizstep:shipping')
    """

    __slots__ = ("_spellings", "_uris", "_urn", "_web", "name", "words")

    def __init__(self, name: str, words: str, *, web: str, urn: str | None = None) -> None:
        self.name: Final = name
        self.words: Final = dict.fromkeys(words.split())
        self._web = web
        self._urn = urn
        namespace = CBV if web.startswith(CBV) else GS1_VOC
        stem = web.removeprefix(namespace)
        starts = [web, "http" + web.removeprefix("https"), ("cbv:" if namespace == CBV else "gs1:") + stem]
        if urn is not None:  # the schema of 2.0 also reserves the draft's host
            starts += [urn, f"https://ns.gs1.org/cbv/{stem}", f"http://ns.gs1.org/cbv/{stem}"]
        else:
            starts += [f"https://www.gs1.org/voc/{stem}", f"http://www.gs1.org/voc/{stem}"]
        self._spellings = {start + word: word for start in ["", *starts] for word in self.words}
        self._uris = {word: web + word for word in self.words}

    def word(self, text: str) -> str:
        """The bare word where `text` is any spelling of a standard value, else `text` itself."""
        return self._spellings.get(text, text)

    def uri(self, value: str) -> str:
        """The web URI of a standard word or of any other value of the GS1 namespaces (CBV 2.0 §8.9)."""
        found = self._uris.get(value)
        if found is not None:
            return found
        if self._urn is not None and value.startswith(self._urn):
            return self._web + value[len(self._urn) :]
        prefix, colon, rest = value.partition(":")
        if colon and prefix in ("cbv", "gs1"):
            return PREFIXES[prefix] + rest
        return value

    def urn(self, value: str) -> str:
        """The URN of a standard word as EPCIS 1.x and its XML write it, else `value` itself."""
        return self._urn + value if self._urn is not None and value in self.words else value


BIZ_STEP: Final = Vocabulary(
    "bizStep",
    """
    accepting arriving assembling collecting commissioning consigning creating_class_instance
    cycle_counting decommissioning departing destroying disassembling dispensing encoding
    entering_exiting holding inspecting installing killing loading other packing picking receiving
    removing repackaging repairing replacing reserving retail_selling shipping staging_outbound
    stock_taking stocking storing transporting unloading unpacking void_shipping sensor_reporting
    sampling
    """,
    web=CBV + "BizStep-",
    urn="urn:epcglobal:cbv:bizstep:",
)
DISPOSITION: Final = Vocabulary(
    "disposition",
    """
    active container_closed damaged destroyed dispensed disposed encoded expired in_progress in_transit
    inactive no_pedigree_match non_sellable_other partially_dispensed recalled reserved retail_sold
    returned sellable_accessible sellable_not_accessible stolen unknown available completeness_verified
    completeness_inferred conformant container_open mismatch_instance mismatch_class mismatch_quantity
    needs_replacement non_conformant unavailable
    """,
    web=CBV + "Disp-",
    urn="urn:epcglobal:cbv:disp:",
)
BIZ_TRANSACTION_TYPE: Final = Vocabulary(
    "business transaction type",
    """
    bol cert desadv inv pedigree po poc prodorder recadv rma testprd testres upevt
    """,
    web=CBV + "BTT-",
    urn="urn:epcglobal:cbv:btt:",
)
SOURCE_DEST_TYPE: Final = Vocabulary(
    "source or destination type",
    """
    owning_party possessing_party location
    """,
    web=CBV + "SDT-",
    urn="urn:epcglobal:cbv:sdt:",
)
ERROR_REASON: Final = Vocabulary(
    "error reason",
    """
    did_not_occur incorrect_data
    """,
    web=CBV + "ER-",
    urn="urn:epcglobal:cbv:er:",
)
MEASUREMENT_TYPE: Final = Vocabulary(
    "sensor measurement type",
    """
    AbsoluteHumidity AbsorbedDose AbsorbedDoseRate Acceleration Radioactivity Altitude
    AmountOfSubstance AmountOfSubstancePerUnitVolume Angle AngularAcceleration AngularMomentum
    AngularVelocity Area Capacitance Conductance Conductivity Count Density Dimensionless
    DoseEquivalent DoseEquivalentRate DynamicViscosity ElectricCharge ElectricCurrent
    ElectricCurrentDensity ElectricFieldStrength Energy Exposure Force Frequency Illuminance Inductance
    Irradiance KinematicViscosity Length LinearMomentum Luminance LuminousFlux LuminousIntensity
    MagneticFlux MagneticFluxDensity MagneticVectorPotential Mass MassConcentration MassFlowRate
    MassPerAreaTime MemoryCapacity MolalityOfSolute MolarEnergy MolarMass MolarVolume Power Pressure
    RadiantFlux RadiantIntensity RelativeHumidity Resistance Resistivity SolidAngle SpecificVolume
    Speed SurfaceDensity SurfaceTension Temperature Time Torque Voltage Volume VolumeFlowRate
    VolumeFraction VolumetricFlux Wavenumber
    """,
    web=GS1_VOC,
)
SENSOR_ALERT_TYPE: Final = Vocabulary(
    "sensor alert type",
    """
    ALARM_CONDITION ERROR_CONDITION
    """,
    web=GS1_VOC,
)
COMPONENT: Final = Vocabulary(
    "sensor component",
    """
    x y z axial_distance azimuth height spherical_radius polar_angle elevation_angle easting northing
    latitude longitude altitude
    """,
    web=CBV + "Comp-",
    urn="urn:epcglobal:cbv:comp:",
)
