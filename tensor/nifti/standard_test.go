package nifti

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"
)

// The headers as the standards declare them, nifti1.h and nifti2.h: the tests
// make their files from these, independently of the table of fields.

type nifti1 struct {
	SizeofHdr                     int32
	DataTypeName                  [10]byte
	DBName                        [18]byte
	Extents                       int32
	SessionError                  int16
	Regular, DimInfo              byte
	Dim                           [8]int16
	IntentP                       [3]float32
	IntentCode, Datatype, Bitpix  int16
	SliceStart                    int16
	Pixdim                        [8]float32
	VoxOffset, SclSlope, SclInter float32
	SliceEnd                      int16
	SliceCode, XyztUnits          byte
	CalMax, CalMin                float32
	SliceDuration, Toffset        float32
	Glmax, Glmin                  int32
	Descrip                       [80]byte
	AuxFile                       [24]byte
	QformCode, SformCode          int16
	Quatern, Qoffset              [3]float32
	Srow                          [3][4]float32
	IntentName                    [16]byte
	Magic                         [4]byte
}

type nifti2 struct {
	SizeofHdr              int32
	Magic                  [8]byte
	Datatype, Bitpix       int16
	Dim                    [8]int64
	IntentP                [3]float64
	Pixdim                 [8]float64
	VoxOffset              int64
	SclSlope, SclInter     float64
	CalMax, CalMin         float64
	SliceDuration, Toffset float64
	SliceStart, SliceEnd   int64
	Descrip                [80]byte
	AuxFile                [24]byte
	QformCode, SformCode   int32
	Quatern, Qoffset       [3]float64
	Srow                   [3][4]float64
	SliceCode, XyztUnits   int32
	IntentCode             int32
	IntentName             [16]byte
	DimInfo                byte
	Unused                 [15]byte
}

// standard1 is a valid header of 3 x 2 x 1 voxels of one byte.
func standard1() nifti1 {
	return nifti1{
		SizeofHdr: 348, Magic: [4]byte{'n', '+', '1'}, Dim: [8]int16{3, 3, 2, 1}, Datatype: 2, Bitpix: 8,
		Pixdim: [8]float32{1, 1, 1, 1}, VoxOffset: 352, XyztUnits: 2,
	}
}

func standard2() nifti2 {
	return nifti2{
		SizeofHdr: 540, Magic: [8]byte{'n', '+', '2', 0, '\r', '\n', 0x1a, '\n'}, Dim: [8]int64{3, 3, 2, 1}, Datatype: 2, Bitpix: 8,
		Pixdim: [8]float64{1, 1, 1, 1}, VoxOffset: 544, XyztUnits: 2,
	}
}

// file returns a header, its four bytes about extensions, and the voxels.
func file(order binary.ByteOrder, header, voxels any) []byte {
	b, err := binary.Append(nil, order, header)
	if err == nil {
		b, err = binary.Append(append(b, 0, 0, 0, 0), order, voxels)
	}
	if err != nil {
		panic(err)
	}
	return b
}

func read(t *testing.T, b []byte) *Volume {
	t.Helper()
	v, err := Read(bytes.NewReader(b), Options{})
	require.NoError(t, err)
	return v
}

func TestTheStandardHeadersHaveTheirSizes(t *testing.T) {
	require.Equal(t, 348, binary.Size(nifti1{}))
	require.Equal(t, 540, binary.Size(nifti2{}))
}
