"""Which names in a source match which FASTA headers, and the messages for those that match none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from unicodedata import normalize

import numpy as np
import pytest

from rpbind.errors import UserError, did_you_mean
from rpbind.importers.importers import ImportOptions, import_eclip, import_table
from rpbind.importers.table import Columns
from rpbind.names import key
from rpbind.naming.protein_table import ProteinTable, read_proteins
from rpbind.reading.files import one_file

UNIPROT = ">sp|Q13148|TADBP_HUMAN TAR DNA-binding protein 43 OS=Homo sapiens GN=TARDBP PE=1 SV=1"
UNIPROT_WITHOUT_GENE = ">sp|P35637|FUS_HUMAN RNA-binding protein FUS OS=Homo sapiens"
ISOFORM = ">sp|P35637-2|FUS_HUMAN Isoform Short of FUS OS=Homo sapiens GN=FUS"
ENSEMBL = ">ENSP00000240185.4 pep chromosome:GRCh38:1 gene:ENSG00000120948.19 gene_symbol:TARDBP"
GENCODE = ">ENSP00000240185.4|ENST00000240185.8|ENSG00000120948.19|-|-|TARDBP-201|TARDBP|414"
NCBI = ">lcl|NC_000001.11_prot [gene=TARDBP] [protein=TDP-43]"
DECOMPOSED = normalize("NFD", ">GÉNE_K562")

MATCHES = [
    ("AARS_K562", ">AARS_K562"),
    ("AARS_K562", ">AARS_K562_ENCSR825SVO"),
    ("AARS_K562", ">AARS"),
    ("AARS_K562", ">aars"),
    ("aars_k562", ">AARS_K562_ENCSR825SVO"),
    ("GENEA_K562", ">GeneA_K562"),
    (" AARS_K562 ", ">AARS_K562"),
    ("GÉNE_K562", DECOMPOSED),
    ("géne_K562", ">GÉNE"),
    ("µ_K562", ">μ"),
    ("TARDBP_K562", UNIPROT),
    ("tardbp_K562", UNIPROT),
    ("TARDBP", UNIPROT),
    ("TADBP_HUMAN", UNIPROT),
    ("Q13148", UNIPROT),
    ("sp|Q13148|TADBP_HUMAN", UNIPROT),
    ("FUS_HepG2", UNIPROT_WITHOUT_GENE),
    ("P35637", ISOFORM),
    ("FUS_K562", ISOFORM),
    ("TARDBP_K562", ENSEMBL),
    ("ENSP00000240185", ENSEMBL),
    ("ENSP00000240185.4", ENSEMBL),
    ("TARDBP_K562", GENCODE),
    ("ENSG00000120948", GENCODE),
    ("TARDBP_K562", NCBI),
]
MISMATCHES = [
    ("AARS_HepG2", ">AARS_K562", "its gene AARS is present as AARS_K562"),
    ("ELAVL1_10", ">ELAVL1_K562_ENCSR090LNQ", "its gene ELAVL1 is present as ELAVL1_K562"),
    ("elavl1_10", ">ELAVL1_K562", "its gene elavl1 is present as ELAVL1_K562"),
    ("AARZ_K562", ">AARS_HepG2", "did you mean 'AARS_HepG2'"),
    ("aarz_K562", ">AARS_HepG2", "did you mean 'AARS_HepG2'"),
    ("FUSS.txt", ">FUS", "did you mean 'FUS'"),
    ("TARDBB_K562", UNIPROT, "did you mean 'sp|Q13148|TADBP_HUMAN'"),
    ("AARS_K562B", ">AARS_K562", "its gene AARS is present as AARS_K562"),
]


def proteins(folder: Path, *headers: str) -> ProteinTable:
    text = "".join(f"{header}\nM{'K' * number}\n" for number, header in enumerate(headers))
    (folder / "p.fasta").write_text(text)
    return read_proteins(folder / "p.fasta")


@pytest.mark.parametrize(("name", "header"), MATCHES)
def test_a_name_matches_the_header_of_its_protein(tmp_path: Path, name: str, header: str) -> None:
    assert proteins(tmp_path, ">SRSF1_K562", header).find(name) == "MK"


@pytest.mark.parametrize(("name", "header", "message"), MISMATCHES)
def test_a_name_that_matches_no_header_is_refused_with_the_nearest(
    tmp_path: Path, name: str, header: str, message: str
) -> None:
    with pytest.raises(UserError) as refused:
        proteins(tmp_path, ">SRSF1_K562", header).find(name)
    assert message in str(refused.value)
    assert "GN=" in str(refused.value)


@pytest.mark.parametrize(("name", "header"), [("GENEA_K562", ">XYZ_K562"), ("A_K562", ">B_K562")])
def test_a_shared_cell_line_does_not_make_two_names_similar(
    tmp_path: Path, name: str, header: str
) -> None:
    with pytest.raises(UserError, match=f"no gene {name[:-5]} is present") as refused:
        proteins(tmp_path, header).find(name)
    assert "did you mean" not in str(refused.value)


def test_the_exact_spelling_is_preferred(tmp_path: Path) -> None:
    table = proteins(tmp_path, ">Fmr1", ">FMR1", ">FMR1_K562")
    assert [table.find(name) for name in ("Fmr1", "FMR1", "FMR1_K562")] == ["M", "MK", "MKK"]
    with pytest.raises(UserError, match="'fmr1' can be any of Fmr1, FMR1"):
        table.find("fmr1")


def test_two_isoforms_of_a_gene_are_refused_with_their_ids(tmp_path: Path) -> None:
    table = proteins(tmp_path, ISOFORM, ISOFORM.replace("-2", "-3"))
    with pytest.raises(UserError, match=r"can be any of sp\|P35637-2\|FUS_HUMAN, .*-3"):
        table.find("FUS_K562")
    assert table.find("P35637-3") == "MK"
    canonical = proteins(tmp_path, ISOFORM, ISOFORM.replace("-2", ""))
    assert canonical.find("P35637") == "MK"


@pytest.mark.parametrize("missing", [2, 10, 11, 91])
def test_all_proteins_without_a_sequence_are_in_one_message(tmp_path: Path, missing: int) -> None:
    table = proteins(tmp_path, ">AARS_K562", ">GENE1_HepG2")
    names = ["AARS_K562", *(f"GENE{n}_K562" for n in range(missing))]
    origin = one_file(Path("w.tsv"), np.arange(2, 2 + len(names), dtype=np.int32))
    with pytest.raises(UserError) as refused:
        table.sequences_of(names, np.arange(len(names), dtype=np.int32), origin)
    message = str(refused.value)
    assert message.startswith("w.tsv, line 3: ")
    assert f"no sequence for {missing} of {missing + 1} proteins" in message
    assert message.count("_K562' (") == min(missing, 10)
    assert "its gene GENE1 is present as GENE1_HepG2" in message
    assert (f"and {missing - 10} more" in message) == (missing > 10)


def test_a_missing_protein_and_an_ambiguous_one_are_in_one_message(tmp_path: Path) -> None:
    table = proteins(tmp_path, ">AARS_K562", ">AARS_HepG2")
    origin = one_file(Path("w.tsv"), np.arange(2, 4, dtype=np.int32))
    with pytest.raises(UserError, match=r"2 of 2 .*can be any of AARS_K562, AARS_HepG2.*no gene B"):
        table.sequences_of(["AARS", "B"], np.arange(2, dtype=np.int32), origin)


COLUMNS = ["rna,protein,label", "RNA,Protein,Label", "Rna , PROTEIN,label", "ＲＮＡ,protein,label"]


@pytest.mark.parametrize("header", COLUMNS)
def test_columns_are_found_in_any_case(tmp_path: Path, options: ImportOptions, header: str) -> None:
    (tmp_path / "t.csv").write_text(f"{header}\nACGU,AARS,1\nACGA,FMR1,0\n")
    assert import_table(tmp_path / "t.csv", options).dataset.label_N.tolist() == [1, 0]


def test_a_column_with_the_exact_spelling_is_preferred(
    tmp_path: Path, options: ImportOptions
) -> None:
    (tmp_path / "t.csv").write_text("RNA,rna,protein,label\nCCCC,ACGU,AARS,1\nGGGG,ACGA,FMR1,0\n")
    read = import_table(tmp_path / "t.csv", options, Columns(rna="RNA")).dataset
    again = import_table(tmp_path / "t.csv", replace(options, out=tmp_path / "again")).dataset
    assert read.rna_NL[0].tolist() == [1, 1, 1, 1]
    assert again.rna_NL[0].tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
@pytest.mark.parametrize("other", ["utf-8", "utf-8-sig", "latin-1"])
def test_a_name_with_an_accent_matches_in_two_files_of_any_encoding(
    tmp_path: Path, options: ImportOptions, encoding: str, other: str
) -> None:
    (tmp_path / "t.csv").write_bytes("rna,protein,label\nACGU,GÉNE,1\nACGA,GÉNE,0\n".encode(other))
    options.proteins.write_bytes(">GÉNE\nMKV\n".encode(encoding))
    (protein,) = import_table(tmp_path / "t.csv", options).dataset.proteins
    assert (protein.id, protein.sequence) == ("GÉNE", "MKV")


def test_two_spellings_of_one_protein_are_merged(tmp_path: Path, options: ImportOptions) -> None:
    (tmp_path / "t.csv").write_text("rna,protein,label\nACGU,AARS_K562,1\nACGA,aars_k562,0\n")
    report = import_table(tmp_path / "t.csv", options)
    assert [protein.id for protein in report.dataset.proteins] == ["AARS_K562"]
    assert report.dataset.protein_N.tolist() == [0, 0]
    assert "aars_k562 (AARS)" in report.remarks[0]


def test_two_proteins_whose_names_differ_only_in_case_are_not_merged(
    tmp_path: Path, options: ImportOptions
) -> None:
    options.proteins.write_text(">FMR1\nMEELVV\n>Fmr1\nMEELVA\n")
    (tmp_path / "t.csv").write_text("rna,protein,label\nACGU,FMR1,1\nACGA,Fmr1,0\nACGG,Fmr1,1\n")
    found = import_table(tmp_path / "t.csv", options).dataset.proteins
    assert [(p.id, p.sequence) for p in found] == [("FMR1", "MEELVV"), ("Fmr1", "MEELVA")]
    assert found[0].cluster == found[1].cluster  # one gene in any case, so never in different parts


@pytest.mark.parametrize(
    ("lines", "remark"),
    [
        ("ACGU\t1\nACGA\t1\n", "Every window is bound"),
        ("ACGU\t0\nACGA\t0\n", "Every window is unbound"),
    ],
)
def test_an_import_of_one_class_has_a_remark(
    tmp_path: Path, options: ImportOptions, lines: str, remark: str
) -> None:
    (tmp_path / "eclip").mkdir()
    (tmp_path / "eclip" / "AARS").write_text(lines)
    (message,) = import_eclip(tmp_path / "eclip", options).remarks
    assert message.startswith(remark)


def test_an_import_names_the_proteins_with_one_class(
    tmp_path: Path, options: ImportOptions
) -> None:
    (tmp_path / "eclip").mkdir()
    (tmp_path / "eclip" / "AARS").write_text("ACGU\t1\nACGA\t0\n")
    (tmp_path / "eclip" / "FMR1").write_text("ACGU\t1\nACGA\t1\n")
    (message,) = import_eclip(tmp_path / "eclip", options).remarks
    assert message.startswith("1 of 2 proteins with windows of one class only (FMR1) has no AUROC")


def test_nucleotides_given_as_proteins_are_refused(tmp_path: Path) -> None:
    (tmp_path / "p.fasta").write_text(f">A\nMKV\n>B\n{'acgtnuacgt' * 3}\n")
    with pytest.raises(UserError, match="line 3: 'B' consists of nucleotides"):
        read_proteins(tmp_path / "p.fasta")
    (tmp_path / "p.fasta").write_text(f">A\n{'ACGTNACGT' * 3}M\n>B\nACGT\n")
    assert read_proteins(tmp_path / "p.fasta").find("B") == "ACGT"


@pytest.mark.parametrize(
    ("word", "known", "meant"),
    [("COLD-RNA", ["random", "cold-rna"], "cold-rna"), ("Train.LR", ["train.lr"], "train.lr")],
)
def test_a_hint_ignores_case(word: str, known: list[str], meant: str) -> None:
    assert did_you_mean(word, known) == f" Did you mean '{meant}'?"


def test_spellings_of_a_name_have_one_key_and_other_names_have_other_keys() -> None:
    assert key(" ÉA\t") == key(normalize("NFD", "éa"))
    assert len({key(name) for name in ("AARS", "AARS2", "AAR S", "AA_RS", "E")}) == 5


def test_an_import_says_that_cell_lines_of_one_gene_share_a_sequence(
    tmp_path: Path, options: ImportOptions
) -> None:
    options.proteins.write_text(">AARS\nMKV\n>FMR1\nMEELVV\n")
    rows = [f"{a}CG{b},AARS_{cell},{label}" for cell in ("K562", "HepG2") for a, b, label in
            (("A", "U", 1), ("A", "A", 0))]  # fmt: skip
    rows += ["GCGU,FMR1_K562,1", "GCGA,FMR1_K562,0"]
    (tmp_path / "t.csv").write_text("\n".join(["rna,protein,label", *rows]) + "\n")
    said = [one for one in import_table(tmp_path / "t.csv", options).remarks if "sequence" in one]
    assert [one[:6] for one in said] == ["2 of 3"]
    assert "AARS_HepG2, AARS_K562" in said[0]


PROPOSED = [
    ("10_PARCLIP_ELAVL1A_hg19", ">ELAVL1", "ELAVL1"),
    ("12_PARCLIP_EWSR1_hg19", ">sp|Q01844|EWS_HUMAN RNA-binding GN=EWSR1 PE=1", "EWSR1"),
    ("2_PARCLIP_AGO2MNASE_hg19", ">AGO2", "AGO2"),
    ("hnRNP-C_iCLIP", ">HNRNPC_K562", "HNRNPC"),
    ("ELAVL1_10", ">ELAVL1_K562_ENCSR090LNQ", "ELAVL1"),
]


@pytest.mark.parametrize(("name", "header", "gene"), PROPOSED)
def test_a_name_that_only_contains_a_gene_is_proposed_and_not_taken(
    name: str, header: str, gene: str, tmp_path: Path, options: ImportOptions
) -> None:
    options.proteins.write_text(f">SRSF1\nMK\n{header}\nMKV\n")
    (tmp_path / "t.csv").write_text(f"rna,protein,label\nACGU,{name},1\nACGA,{name},0\n")
    place = tmp_path / "dataset.names.tsv"
    with pytest.raises(UserError, match=r"dataset\.names\.tsv .*--names") as refused:
        import_table(tmp_path / "t.csv", options)
    assert "no gene" not in str(refused.value) or "did you mean" in str(refused.value)
    (row,) = place.read_text().splitlines()[1:]
    assert row.split("\t")[:4] == [name, header[1:].split()[0], gene, "2"]
    (protein,) = import_table(tmp_path / "t.csv", replace(options, names=place)).dataset.proteins
    assert (protein.id, protein.gene, protein.sequence) == (name, gene, "MKV")


def test_a_name_that_is_only_spelt_like_another_protein_is_left_to_the_user(
    tmp_path: Path, options: ImportOptions
) -> None:
    """FXR1 and FXR2 are two proteins; the table must not give one the sequence of the other."""
    options.proteins.write_text(">FXR2\nMKV\n")
    (tmp_path / "t.csv").write_text("rna,protein,label\nACGU,FXR1,1\nACGA,FXR1,0\n")
    with pytest.raises(UserError, match="did you mean 'FXR2'"):
        import_table(tmp_path / "t.csv", options)
    place = tmp_path / "dataset.names.tsv"
    (row,) = place.read_text().splitlines()[1:]
    assert row.split("\t")[:2] == ["FXR1", ""]
    with pytest.raises(UserError, match="FXR1"):
        import_table(tmp_path / "t.csv", replace(options, names=place))


def test_a_mix_of_proteins_has_to_be_decided_by_the_user(
    tmp_path: Path, options: ImportOptions
) -> None:
    options.proteins.write_text(">AGO1\nMK\n>AGO2\nMKV\n>AGO3\nMKVV\n")
    rows = "ACGU,AGO123,1\nACGA,AGO123,0\nACGC,AGO2,1\nACGG,AGO2,0\n"
    (tmp_path / "t.csv").write_text(f"rna,protein,label\n{rows}")
    with pytest.raises(UserError, match="mix of AGO1, AGO2, AGO3"):
        import_table(tmp_path / "t.csv", options)
    place = tmp_path / "dataset.names.tsv"
    with pytest.raises(UserError, match=r"names\.tsv, line 2: the protein of 'AGO123' is missing"):
        import_table(tmp_path / "t.csv", replace(options, names=place))
    place.write_text("name\tprotein\nAGO123\t-\n")
    without = import_table(tmp_path / "t.csv", replace(options, names=place))
    assert [protein.id for protein in without.dataset.proteins] == ["AGO2"]
    assert without.decisions["rows_of_left_out_names_dropped"] == 2
    place.write_text("name\tprotein\tgene\nAGO123\tAGO3\tAGO\n")
    chosen = replace(options, names=place, out=tmp_path / "chosen")
    proteins = import_table(tmp_path / "t.csv", chosen).dataset.proteins
    assert [(one.id, one.gene, one.sequence) for one in proteins] == [
        ("AGO123", "AGO", "MKVV"),
        ("AGO2", "AGO2", "MKV"),
    ]


def test_a_table_of_names_that_the_user_may_have_corrected_is_not_replaced(
    tmp_path: Path, options: ImportOptions
) -> None:
    (tmp_path / "t.csv").write_text("rna,protein,label\nACGU,aars_K562,1\nACGA,aars_K562,0\n")
    place = tmp_path / "dataset.names.tsv"
    place.write_text("mine")
    made = import_table(tmp_path / "t.csv", options)
    assert place.read_text() == "mine"
    place.unlink()
    again = import_table(tmp_path / "t.csv", replace(options, out=tmp_path / "again"))
    assert "again.names.tsv" in "".join(again.remarks)
    saved = (tmp_path / "again.names.tsv").read_text().splitlines()
    assert saved[1].split("\t")[:4] == ["aars_K562", "AARS", "AARS", "2"]
    assert made.dataset.id == again.dataset.id


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name\tprotein\nAARS_K562\tAATF\n", r"n\.tsv, line 2: .* no protein 'AATF'"),
        ("name\tprotein\nAARS\tAARS\naars\tFMR1\n", r"n\.tsv, line 3: .*twice"),
        ("name\tgene\nAARS\tAARS\n", "no column 'protein'"),
    ],
)
def test_a_table_of_names_with_a_mistake_is_refused(
    text: str, message: str, tmp_path: Path, options: ImportOptions
) -> None:
    (tmp_path / "n.tsv").write_text(text)
    (tmp_path / "t.csv").write_text("rna,protein,label\nACGU,AARS_K562,1\nACGA,AARS_K562,0\n")
    with pytest.raises(UserError, match=message):
        import_table(tmp_path / "t.csv", replace(options, names=tmp_path / "n.tsv"))
