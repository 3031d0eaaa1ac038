// Package neurite reads and makes folders in the layout of neurite-OASIS: 414
// brains of OASIS, prepared for HyperMorph, with slices and volumes.
//
//	subjects.txt                  the subjects' folders, one a line
//	seg4_labels.txt ...           what the labels mean: id name R G B A
//	OASIS_OAS1_0001_MR1/
//	    slice_norm.nii.gz         coronal slice, 160 x 192 x 1, skull-stripped
//	    slice_seg4.nii.gz ...     its labels; there are seg4 and seg24
//	    aligned_norm.nii.gz       volume, 160 x 192 x 224
//	    aligned_seg4.nii.gz ...   its labels; there are seg4 and seg35
//
// [Open] finds what is there, [Set.Check] reads all of it and names each bad
// file, and a [Set] is a dataset to train on. [Make] writes a folder of
// procedural brains. A folder of real scans takes its place unchanged.
//
// Data set: https://github.com/adalca/medical-datasets/blob/master/neurite-oasis.md.
// Whoever uses it agrees to the OASIS data use agreement and cites two papers:
// Hoopes, Hoffmann, Fischl, Guttag and Dalca, HyperMorph: Amortized
// Hyperparameter Learning for Image Registration (arXiv:2101.01035, 2021); and
// Marcus, Wang, Parker, Csernansky, Morris and Buckner, Open Access Series of
// Imaging Studies (OASIS): Cross-Sectional MRI Data in Young, Middle Aged,
// Nondemented, and Demented Older Adults (Journal of Cognitive Neuroscience 19,
// 1498-1507, 2007).
package neurite
