"""Reads genes and their parts from a GTF file, of GENCODE or Ensembl.

Shapes: F features.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from rpbind.data.coordinates import REGIONS, Region
from rpbind.data.manifest import FileHash, hash_file
from rpbind.errors import UserError, reason
from rpbind.genome.reference import Genome
from rpbind.genome.spans import Spans
from rpbind.reading.files import check_is_file
from rpbind.reading.formats import check_not_foreign
from rpbind.reading.refuse import shortened

_LINES = 500_000
_USED = ("transcript", "exon", "CDS")
_COLUMNS = ["chrom", "feature", "start", "end", "strand", "attributes"]


@dataclass(frozen=True, eq=False)
class Features:
    """Stretches of genes, each of one region type.

    Parameters
    ----------
    spans
        Where they are: the whole of each transcript as "intron", and its exons over it.
    region_F
        (F,) int8, index into `REGIONS`.
    gene_F
        (F,) int32, index into `genes`.
    genes
        Names of the genes; the id, where two genes share a name.
    file_hash
        Hash of the file.
    """

    spans: Spans
    region_F: NDArray[np.int8]
    gene_F: NDArray[np.int32]
    genes: tuple[str, ...]
    file_hash: FileHash


def read_gtf(path: Path, genome: Genome) -> Features:
    """Read the transcripts of a GTF file that lie on chromosomes of a genome.

    Parameters
    ----------
    path
        The file, also packed with gzip.
    genome
        The genome.

    Returns
    -------
    Features
        At least one feature.

    Raises
    ------
    UserError
        If the file is not GTF, or belongs to another genome or another build of it.
    """
    check_is_file(path)
    table = _read(path)
    chromosome_T = genome.indices(table["chrom"].tolist())
    if (chromosome_T < 0).all():
        raise UserError(
            f"{path} has genes on {shortened(str(table['chrom'].iloc[0]))} and others, none of "
            f"which {genome.path} has (first {shortened(genome.names[0])}). Give the annotation of "
            "this genome."
        )
    table = table.assign(chromosome=chromosome_T)[chromosome_T >= 0]
    size = genome.sizes_C[table["chromosome"].to_numpy()]
    beyond = np.flatnonzero(table["end"].to_numpy() > size)
    if len(beyond):
        first = table.iloc[int(beyond[0])]
        raise UserError(
            f"{path}: {len(beyond):,} features end beyond their chromosome, the first at "
            f"{first['chrom']}:{first['end']:,} of {size[beyond[0]]:,} in {genome.path}. This is "
            "the annotation of another genome build; give the one of this genome."
        )
    return _features(path, table)


def _read(path: Path) -> pd.DataFrame:
    try:
        chunks = pd.read_csv(
            path, sep="\t", comment="#", header=None, usecols=[0, 2, 3, 4, 6, 8], names=range(9),
            dtype={0: str, 6: str, 8: str}, quoting=3, chunksize=_LINES, compression="infer",
        )  # fmt: skip
        parts = [_transcripts(chunk) for chunk in chunks]
    except (ValueError, EOFError, OSError, UnicodeDecodeError) as error:
        with path.open("rb") as file:
            check_not_foreign(path, file.read(20_000), "table")
        raise UserError(
            f"{path} is not a readable GTF file ({reason(error)}). Download it again."
        ) from None
    table = pd.concat(parts, ignore_index=True)
    if not len(table):
        raise UserError(
            f"{path} has no transcripts, exons or CDS with gene_id and transcript_id. Give a GTF "
            "file (not GFF3), such as those of GENCODE and Ensembl."
        )
    return table


def _transcripts(chunk: pd.DataFrame) -> pd.DataFrame:
    """Return the features of transcripts in a piece of the file, with their ids."""
    chunk.columns = pd.Index(_COLUMNS)
    used = chunk[chunk["feature"].isin(_USED) & chunk["strand"].isin(["+", "-"])]
    text = used["attributes"].astype(str)
    ids = {
        name: text.str.extract(rf'{name} "([^"]*)"', expand=False)
        for name in ("gene_id", "transcript_id", "gene_name")
    }
    found = used.drop(columns="attributes").assign(**ids)
    found["start"] = pd.to_numeric(found["start"]).astype(np.int64) - 1
    found["end"] = pd.to_numeric(found["end"]).astype(np.int64)
    return found.dropna(subset=["gene_id", "transcript_id"])


def _features(path: Path, table: pd.DataFrame) -> Features:
    keys = ["chromosome", "strand", "transcript_id", "gene_id"]
    whole = table.groupby(keys, as_index=False, sort=False).agg(
        start=("start", "min"), end=("end", "max")
    )
    exons = table[table["feature"] == "exon"]
    coding = (
        table[table["feature"] == "CDS"]
        .groupby("transcript_id", sort=False)
        .agg(first=("start", "min"), last=("end", "max"))
    )
    exons = exons.join(coding, on="transcript_id")
    silent = exons[exons["first"].isna()]
    loud = exons[exons["first"].notna()]
    left = loud.assign(end=np.minimum(loud["end"], loud["first"]))
    right = loud.assign(start=np.maximum(loud["start"], loud["last"]))
    inner = loud.assign(
        start=np.maximum(loud["start"], loud["first"]), end=np.minimum(loud["end"], loud["last"])
    )
    plus = "+"
    pieces: list[tuple[pd.DataFrame, Region]] = [
        (whole, "intron"),
        (silent, "ncRNA"),
        (left[left["strand"] == plus], "5'UTR"),
        (right[right["strand"] != plus], "5'UTR"),
        (right[right["strand"] == plus], "3'UTR"),
        (left[left["strand"] != plus], "3'UTR"),
        (inner, "CDS"),
    ]
    every = pd.concat(
        [piece.assign(region=REGIONS.index(region)) for piece, region in pieces], ignore_index=True
    )
    every = every[every["end"] > every["start"]].drop_duplicates(
        ["chromosome", "strand", "start", "end", "region", "gene_id"]
    )
    ids, gene_F = np.unique(every["gene_id"].to_numpy().astype(str), return_inverse=True)
    return Features(
        Spans(
            every["chromosome"].to_numpy().astype(np.int32),
            every["start"].to_numpy().astype(np.int64),
            every["end"].to_numpy().astype(np.int64),
            (every["strand"] == "-").to_numpy().astype(np.int8),
        ),
        every["region"].to_numpy().astype(np.int8),
        gene_F.astype(np.int32),
        _names(table, ids),
        hash_file(path),
    )


def _names(table: pd.DataFrame, ids: NDArray[np.str_]) -> tuple[str, ...]:
    """Return the name of each gene id; the id where it has none, or shares it with another."""
    named = table.dropna(subset=["gene_name"]).drop_duplicates("gene_id")
    unique = named[~named["gene_name"].duplicated(keep=False)]
    name_of = dict(zip(unique["gene_id"].astype(str), unique["gene_name"].astype(str), strict=True))
    return tuple(name_of.get(gene, gene) for gene in ids.tolist())
