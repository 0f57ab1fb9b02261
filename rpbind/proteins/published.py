"""The published protein language models that rpbind knows by name, and where they are looked for.

Lin et al. 2023, doi 10.1126/science.ade2574 (ESM-2); Elnaggar et al. 2022, doi
10.1109/TPAMI.2021.3095381 (ProtT5).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Family:
    """A kind of protein language model.

    Parameters
    ----------
    name
        Its name in messages.
    any_name
        The encoder that takes any model of this kind from --weights.
    model_type
        What `config.json` of a folder in Hugging Face's format says.
    """

    name: str
    any_name: str
    model_type: str


ESM2 = Family("ESM-2", "esm2", "esm")
ESMC = Family("ESM C", "esmc", "esmc")
PROTT5 = Family("ProtT5", "prott5", "t5")
FAMILIES = (ESM2, ESMC, PROTT5)


@dataclass(frozen=True)
class Published:
    """A published model.

    Parameters
    ----------
    family
        Its kind.
    repository
        Where Hugging Face has it.
    layers, width
        Its size: a check that a file is what its name says.
    """

    family: Family
    repository: str
    layers: int
    width: int


PUBLISHED = {
    model.repository.partition("/")[2]: model
    for model in (
        Published(ESM2, "facebook/esm2_t6_8M_UR50D", 6, 320),
        Published(ESM2, "facebook/esm2_t12_35M_UR50D", 12, 480),
        Published(ESM2, "facebook/esm2_t30_150M_UR50D", 30, 640),
        Published(ESM2, "facebook/esm2_t33_650M_UR50D", 33, 1280),
        Published(ESM2, "facebook/esm2_t36_3B_UR50D", 36, 2560),
        Published(ESM2, "facebook/esm2_t48_15B_UR50D", 48, 5120),
        Published(ESMC, "biohub/ESMC-300M-hf", 30, 960),
        Published(ESMC, "biohub/ESMC-600M-hf", 36, 1152),
        Published(ESMC, "biohub/ESMC-6B-hf", 80, 2560),
        Published(PROTT5, "Rostlab/prot_t5_xl_half_uniref50-enc", 24, 1024),
        Published(PROTT5, "Rostlab/prot_t5_xl_uniref50", 24, 1024),
    )
}
"""Every published model by its name."""
