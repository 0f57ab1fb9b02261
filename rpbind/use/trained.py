"""A trained model, read from its file: the network with its weights, and where they come from."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError

from rpbind.data.manifest import hash_file
from rpbind.errors import UserError
from rpbind.model.build import build_model
from rpbind.model.pair_model import PairModel
from rpbind.names import matching
from rpbind.naming.protein_names import Entry
from rpbind.naming.protein_table import ProteinTable, read_proteins, short_list
from rpbind.proteins.encoder import ProteinEncoder
from rpbind.proteins.sequence import sequence_key
from rpbind.recipe import Recipe, recipe_mistakes
from rpbind.saved.description import KnownProtein, Vectors
from rpbind.saved.folder import read_model
from rpbind.saved.known import ProteinContext
from rpbind.saved.places import EXPECTED_MODEL, PROTEINS, check_model, damaged_model
from rpbind.train.calibration import Calibration
from rpbind.use.encoder_of import encoder_of
from rpbind.use.old_file import read_old_file
from rpbind.use.trust import check_trust
from rpbind.vectors.encoder import FileVectors


@dataclass(frozen=True, eq=False)
class TrainedModel:
    """A model that is ready to score windows, on the CPU and in evaluation mode.

    Parameters
    ----------
    path
        Its folder, or its file of version 0.1.0.
    recipe
        The recipe it was trained with.
    seed
        Seed of its run.
    width
        Width of the protein vectors it reads.
    length
        Length of the windows in training, in nucleotides; of the longest, if they differ.
    shortest
        Length of the shortest window in training.
    threads
        Number of torch threads of its run.
    provenance
        Names and hashes of its dataset, split, embedding store and protein encoder.
    calibration
        From logits to calibrated probabilities.
    proteins
        Proteins of its dataset, with counts of training windows and validation AUROC.
    vectors
        The protein vectors that it reads; None for a file of version 0.1.0.
    model
        The network.
    trust
        Whether classes of its author's own may be imported.
    """

    path: Path
    recipe: Recipe
    seed: int
    width: int
    length: int
    shortest: int
    threads: int
    provenance: dict[str, str]
    calibration: Calibration
    proteins: tuple[KnownProtein, ...] = field(repr=False)
    vectors: Vectors | None
    model: PairModel = field(repr=False)
    trust: bool = False

    @classmethod
    def open(cls, path: Path, *, trust: bool = False) -> TrainedModel:
        """Read a model.

        Parameters
        ----------
        path
            Folder of a finished run, `reports/STUDY/runs/RUN`, or its file `RUN.pt` of version
            0.1.0.
        trust
            Whether classes of its author's own may be imported, which runs their code.

        Returns
        -------
        TrainedModel
            The model.

        Raises
        ------
        UserError
            If there is none, it is damaged, another version wrote it, or it has code of its
            author's own that is not trusted.
        """
        check_model(path)
        saved = read_model(path) if path.is_dir() else read_old_file(path)
        content = saved.description
        recipe = _recipe(path, saved.recipe)
        check_trust(path, recipe, trust=trust)
        model = build_model(
            recipe.model,
            width=content.width,
            length=content.length,
            seed=content.seed,
            varying=content.shortest is not None,
        )
        try:
            model.load_state_dict(saved.weights)
        except RuntimeError as error:
            message = " ".join(str(error).split())
            raise damaged_model(path, f"its weights do not fit its recipe ({message})") from None
        model.eval().requires_grad_(False)
        return cls(
            path=path,
            recipe=recipe,
            seed=content.seed,
            width=content.width,
            length=content.length,
            shortest=content.shortest or content.length,
            threads=content.threads,
            provenance=content.provenance.model_dump(),
            calibration=Calibration(**content.calibration.model_dump()),
            proteins=tuple(content.proteins),
            vectors=content.vectors,
            model=model,
            trust=trust,
        )

    @property
    def lengths(self) -> str:
        """The length of its windows in training, such as "101 nt" or "20 to 400 nt"."""
        return f"{'' if self.shortest == self.length else f'{self.shortest} to '}{self.length} nt"

    def context(self, name: str, sequence: str) -> ProteinContext:
        """Return what is known of the model on a protein.

        The numbers come from the model's protein with this name (in any spelling) and sequence. If
        there is none, they come from all its proteins with this sequence.

        Parameters
        ----------
        name
            Name of the protein.
        sequence
            Its amino acids.

        Returns
        -------
        ProteinContext
            Whether it was seen in training, with base rate and AUROC.
        """
        key = sequence_key(sequence)
        same = [known for known in self.proteins if known.sequence == key]
        named = matching(name, [known.id for known in same])
        chosen = [known for known in same if known.id in named] or same
        windows = sum(known.windows for known in chosen)
        aurocs = [known.auroc for known in chosen if known.auroc is not None]
        return ProteinContext(
            seen=any(known.windows for known in same),
            base_rate=sum(known.positives for known in chosen) / windows if windows else None,
            auroc=sum(aurocs) / len(aurocs) if aurocs else None,
        )

    def proteins_table(self, file: Path | None) -> ProteinTable:
        """Return the sequences of proteins: of a FASTA file, or of the proteins of the dataset.

        Parameters
        ----------
        file
            FASTA; None for the proteins that the model's folder has.

        Returns
        -------
        ProteinTable
            Sequences by name.

        Raises
        ------
        UserError
            If `file` is None and the model has no sequences, because an older version wrote it.
        """
        if file is not None:
            return read_proteins(file)
        if not all(known.residues for known in self.proteins):
            raise UserError(
                f"{self.path} was written by version 0.1.0 and has no protein sequences. Give them "
                "with --proteins FASTA."
            )
        return ProteinTable(
            self.path / PROTEINS,
            {known.id: known.residues for known in self.proteins},
            [Entry.of_protein(known.id, known.gene) for known in self.proteins],
            hash_file(self.path / PROTEINS),
            f"The model knows {short_list([known.id for known in self.proteins])}. Give the FASTA "
            "of another protein's sequence with --proteins, or correct the name.",
        )

    def encoder(self, weights: Path | None) -> ProteinEncoder:
        """Return the protein encoder that the model was trained with.

        Parameters
        ----------
        weights
            The weights, or the file of vectors; None for the other encoders.

        Returns
        -------
        ProteinEncoder
            The encoder.

        Raises
        ------
        UserError
            If `weights` are missing, or the encoder has another hash or width than the model's.
        """
        encoder = encoder_of(
            self.path, self.recipe.proteins, self.vectors, weights, trust=self.trust
        )
        got = f"{encoder.id} {encoder.sha256[:12]}"
        expected = self.provenance["encoder"]
        # a file of vectors has no width before proteins are looked up; its hash says enough
        width = self.width if isinstance(encoder, FileVectors) else encoder.width
        if got.split()[-1] != expected.split()[-1] or width != self.width:
            raise UserError(
                f"The model was trained with protein encoder {expected} (SHA-256) of width "
                f"{self.width}; got {got} of width {width}. Give the same --weights."
            )
        return encoder


def _recipe(path: Path, text: str) -> Recipe:
    try:
        return Recipe.model_validate_json(text)
    except ValidationError as error:
        raise UserError(
            f"The recipe in {path} is damaged or of another version ({recipe_mistakes(error)}). "
            f"{EXPECTED_MODEL}"
        ) from None
