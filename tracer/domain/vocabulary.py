"""Words of the Core Business Vocabulary (GS1 CBV 2.0) and the prefixes of its JSON-LD context.

A word can be written bare (`shipping`), as a compact URI (`cbv:BizStep-shipping`), as a web URI
or, since before CBV 2.0, as a URN. `web_uri` turns any of them into the web URI.
"""

from collections.abc import Mapping
from dataclasses import dataclass

CBV = "https://ref.gs1.org/cbv/"
GS1_WEB_VOCABULARY = "https://gs1.org/voc/"
_URN = "urn:epcglobal:cbv:"

STANDARD_CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
STANDARD_PREFIXES = {
    "epcis": "https://ref.gs1.org/epcis/",
    "cbv": CBV,
    "cbvmda": "urn:epcglobal:cbv:mda:",
    "gs1": GS1_WEB_VOCABULARY,
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "dcterms": "http://purl.org/dc/terms/",
}
"""What the standard context declares; an event may use these prefixes without declaring them."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """One closed list of words.

    Attributes:
        name: what the words are, for messages.
        web_prefix: stands before the bare word in the web URI.
        urn_name: the list's name inside the old URN form; empty if it never had one.
        words: the bare words.
    """

    name: str
    web_prefix: str
    urn_name: str
    words: frozenset[str]

    def web_uri(self, text: str) -> str:
        """The web URI of a bare word or an old URN; any other text as it is."""
        urn = f"{_URN}{self.urn_name}:"
        if self.urn_name and text.startswith(urn):
            return self.web_prefix + text.removeprefix(urn)
        return self.web_prefix + text if text in self.words else text

    def bare(self, text: str) -> str | None:
        """The bare word that a web URI, URN or bare word stands for; None if it is not in the list.

        Compact URIs must have been expanded before.
        """
        word = self.web_uri(text).removeprefix(self.web_prefix)
        return word if word in self.words else None


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


BIZ_STEP = Vocabulary(
    "business step",
    f"{CBV}BizStep-",
    "bizstep",
    _words(
        """accepting arriving assembling collecting commissioning consigning
        creating_class_instance cycle_counting decommissioning departing destroying disassembling
        dispensing encoding entering_exiting holding inspecting installing killing loading other
        packing picking receiving removing repackaging repairing replacing reserving
        retail_selling sampling sensor_reporting shipping staging_outbound stock_taking stocking
        storing transporting unloading unpacking void_shipping"""
    ),
)
DISPOSITION = Vocabulary(
    "disposition",
    f"{CBV}Disp-",
    "disp",
    _words(
        """active available completeness_inferred completeness_verified conformant
        container_closed container_open damaged destroyed dispensed disposed encoded expired
        in_progress in_transit inactive mismatch_class mismatch_instance mismatch_quantity
        needs_replacement no_pedigree_match non_conformant non_sellable_other
        partially_dispensed recalled reserved retail_sold returned sellable_accessible
        sellable_not_accessible stolen unavailable unknown"""
    ),
)
BIZ_TRANSACTION_TYPE = Vocabulary(
    "business transaction type",
    f"{CBV}BTT-",
    "btt",
    _words("bol cert desadv inv pedigree po poc prodorder recadv rma testprd testres upevt"),
)
SOURCE_DESTINATION_TYPE = Vocabulary(
    "source or destination type",
    f"{CBV}SDT-",
    "sdt",
    _words("owning_party possessing_party location"),
)
ERROR_REASON = Vocabulary("error reason", f"{CBV}ER-", "er", _words("did_not_occur incorrect_data"))
COMPONENT = Vocabulary(
    "component",
    f"{CBV}Comp-",
    "",
    _words(
        """x y z axial_distance azimuth height spherical_radius polar_angle elevation_angle
        easting northing latitude longitude altitude"""
    ),
)
SENSOR_ALERT = Vocabulary(
    "sensor alert", GS1_WEB_VOCABULARY, "", _words("ALARM_CONDITION ERROR_CONDITION")
)
MEASUREMENT_TYPE = Vocabulary(
    "measurement type",
    GS1_WEB_VOCABULARY,
    "",
    _words(
        """AbsoluteHumidity AbsorbedDose AbsorbedDoseRate Acceleration Altitude AmountOfSubstance
        AmountOfSubstancePerUnitVolume Angle AngularAcceleration AngularMomentum AngularVelocity
        Area Capacitance Conductance Conductivity Count Density Dimensionless DoseEquivalent
        DoseEquivalentRate DynamicViscosity ElectricCharge ElectricCurrent ElectricCurrentDensity
        ElectricFieldStrength Energy Exposure Force Frequency Illuminance Inductance Irradiance
        KinematicViscosity Length LinearMomentum Luminance LuminousFlux LuminousIntensity
        MagneticFlux MagneticFluxDensity MagneticVectorPotential Mass MassConcentration
        MassFlowRate MassPerAreaTime MemoryCapacity MolalityOfSolute MolarEnergy MolarMass
        MolarVolume Power Pressure RadiantFlux RadiantIntensity Radioactivity RelativeHumidity
        Resistance Resistivity SolidAngle SpecificVolume Speed SurfaceDensity SurfaceTension
        Temperature Time Torque Voltage Volume VolumeFlowRate VolumeFraction VolumetricFlux
        Wavenumber"""
    ),
)
VOCABULARIES = (
    BIZ_STEP,
    DISPOSITION,
    BIZ_TRANSACTION_TYPE,
    SOURCE_DESTINATION_TYPE,
    ERROR_REASON,
    COMPONENT,
    SENSOR_ALERT,
    MEASUREMENT_TYPE,
)


def urn_to_web_uri(text: str) -> str:
    """The web URI of an old CBV URN of any list; any other text as it is."""
    if text.startswith(_URN):
        for vocabulary in VOCABULARIES:
            if (uri := vocabulary.web_uri(text)) != text:
                return uri
    return text


def expand_compact_uri(text: str, prefixes: Mapping[str, str]) -> str:
    """`prefix:rest` written out if the prefix is declared; any other text as it is."""
    prefix, _, rest = text.partition(":")
    is_compact = prefix in prefixes and not rest.startswith("//") and rest.split() == [rest]
    return prefixes[prefix] + rest if is_compact else text
