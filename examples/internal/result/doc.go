// Package result holds what a study of several networks found, as one file of
// lines of JSON: first what was done, then a line for each network and factor
// that it was measured at. The file is all that a report needs.
//
//	{"study": {"data": "wbc", "train": 180, ...}}
//	{"network": "fixed 0.1 seed 1", "method": "fixed", "seed": 1, "phi": [0.1], "dice": [[0.9, 0.8], ...], ...}
//	...
//
// Dice is kept for each subject and structure, so that means, bands and paired
// tests can be worked out afterwards by anyone.
package result
