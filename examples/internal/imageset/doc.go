// Package imageset reads folders of photographs with masks as data sets to
// train on: [OpenCells] the white blood cells of Zheng et al., [OpenFolder]
// anyone's own.
//
//	cells              folder
//	    001.bmp            images/a.jpg    or .png .bmp .tif .tiff .jpeg
//	    001.png            masks/a.png     grey or indexed: the values are labels
//	    ...                labels.txt      id name R G B A
//
// White of a mask of one bit is label 255. All of it is read at once, since
// training holds its data in memory anyway, and every bad file is named.
//
// Data set: https://github.com/zxaoyou/segmentation_WBC, data set 1. Source:
// Zheng, Wang, Wang and Liu, Fast and robust segmentation of white blood cell
// images by self-supervised learning (Micron 107, 55-71, 2018).
package imageset
