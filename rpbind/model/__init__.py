"""The model: head(attend(encoder(rna), memory(protein))), one small file per slot.

The names of tensors end in their shape. Letters: B windows of a batch, L nucleotides of a window,
Q query positions (L, or fewer after pooling), C encoder width, P distinct proteins of a group, R
residues, W protein vector width, S keys, E attention width, H heads, D = E / H width of a head, F
features that the head reads. A 1 is a dimension of size 1.
"""
