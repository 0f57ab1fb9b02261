"""The model: head(attend(encoder(rna), memory(protein))), one small file per slot.

Shapes: B windows, L nucleotides, Q query positions (L, or fewer after pooling), C encoder width,
P distinct proteins of the batch, R residues, W protein vector width, S keys, E attention width,
H heads, D = E / H.
"""
