package nifti

import (
	"bufio"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strings"

	"github.com/sshn-go/sshn/tensor"
)

// maxOffset is how far into a file its voxels may begin, 256 MB: before them
// stand extensions, which are skipped.
const maxOffset = 1 << 28

// Options are limits for files that nobody vouches for.
type Options struct {
	// MaxVoxels is the largest volume that is read; 0 means 2^30, which takes
	// 4 GiB.
	MaxVoxels int
}

// A Volume is a scan, or a segmentation, on its grid.
type Volume struct {
	Header *Header
	Data   tensor.Tensor // [k j i], of the header's shape
}

// ReadFile reads the volume at path, gzipped or not whatever its name. Of a
// pair, either name will do. Every error names the file.
func ReadFile(path string, o Options) (*Volume, error) {
	f, err := open(pairName(path, ".img", ".hdr"))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	v, err := readFile(f, path, o)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return v, nil
}

// ReadHeader reads and checks only the header of the volume at path.
func ReadHeader(path string) (*Header, error) {
	f, err := open(pairName(path, ".img", ".hdr"))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	h, err := readHeader(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return h, nil
}

// Read reads a volume in a single file, gzipped or not, from r. What follows
// the voxels is not read, but for a little that holds gzip's checksum.
func Read(r io.Reader, o Options) (*Volume, error) {
	v, err := readSingle(r, o)
	if err != nil {
		return nil, fmt.Errorf("nifti: %w", err)
	}
	return v, nil
}

// NaNs returns how many voxels are no number. Reading keeps them.
func (v *Volume) NaNs() int {
	n := 0
	for _, x := range v.Data.Data {
		if x != x {
			n++
		}
	}
	return n
}

// Labels returns the voxels as integers, i fastest. The error names the first
// voxel that is none, or has reached the 2^24 below which float32 tells them all
// apart.
func (v *Volume) Labels() ([]int32, error) {
	labels := make([]int32, len(v.Data.Data))
	for at, x := range v.Data.Data {
		if !(math.Abs(float64(x)) < 1<<24) || x != float32(int32(x)) {
			ni, nj := v.Data.Shape.Dim(2), v.Data.Shape.Dim(1)
			return nil, fmt.Errorf("expected labels, found %v at voxel (%d, %d, %d)", x, at%ni, at/ni%nj, at/ni/nj)
		}
		labels[at] = int32(x)
	}
	return labels, nil
}

func readFile(f stream, path string, o Options) (*Volume, error) {
	h, err := readHeader(f)
	if err != nil {
		return nil, err
	}
	if !h.paired() {
		return h.readVoxels(f.Reader, len(h.raw), o)
	}
	image := pairName(path, ".hdr", ".img")
	if image == pairName(path, ".img", ".hdr") {
		return nil, errors.New("this is the header of a pair, but its name does not end in .hdr")
	}
	g, err := open(image)
	if err != nil {
		return nil, err
	}
	defer g.Close()
	if err := verify(f.Reader); err != nil {
		return nil, fmt.Errorf("after the header: %w", err)
	}
	return h.readVoxels(g.Reader, 0, o)
}

func readSingle(r io.Reader, o Options) (*Volume, error) {
	r, err := decompress(r)
	if err != nil {
		return nil, err
	}
	h, err := readHeader(r)
	if err != nil {
		return nil, err
	}
	if h.paired() {
		return nil, errors.New("expected a single file, found the header of a pair")
	}
	return h.readVoxels(r, len(h.raw), o)
}

// readVoxels reads the voxels from r, which has been read up to byte at.
func (h *Header) readVoxels(r io.Reader, at int, o Options) (*Volume, error) {
	limit := o.MaxVoxels
	if limit == 0 {
		limit = 1 << 30
	}
	shape := h.Shape()
	if n := shape.Len(); n > limit {
		return nil, fmt.Errorf("%d voxels are over the limit of %d", n, limit)
	}
	skip := h.offset() - at
	if n, err := io.CopyN(io.Discard, r, int64(skip)); err != nil {
		return nil, truncated("what precedes the voxels", skip, int(n), err)
	}
	data, err := h.readData(r, shape.Len())
	if err != nil {
		return nil, err
	}
	if err := verify(r); err != nil {
		return nil, fmt.Errorf("after the voxels: %w", err)
	}
	return &Volume{h, tensor.Tensor{Shape: shape, Data: data}}, nil
}

// readData reads n voxels. The slice grows as they come.
func (h *Header) readData(r io.Reader, n int) ([]float32, error) {
	d := h.DataType()
	size := d.Size()
	slope, inter := h.Scale()
	scaled := slope != 1 || inter != 0 // -0 + 0 would be 0
	data := make([]float32, 0, min(n, 1<<20))
	buf := make([]byte, min(n*size, 1<<16))
	for len(data) < n {
		part := buf[:min((n-len(data))*size, len(buf))]
		if got, err := io.ReadFull(r, part); err != nil {
			return nil, truncated(fmt.Sprintf("%d x %d x %d voxels of %s", h.extent(1), h.extent(2), h.extent(3), d), n*size, len(data)*size+got, err)
		}
		if h.order != binary.LittleEndian {
			swap(part, size)
		}
		if len(data)+len(part)/size > cap(data) {
			data = append(make([]float32, 0, min(n, 2*cap(data))), data...)
		}
		for at := 0; at < len(part); at += size {
			x := d.load(part[at:])
			if scaled {
				// The conversion forbids a fused multiply-add, which would
				// give other bits on other machines.
				x = float64(slope*x) + inter
			}
			data = append(data, float32(x))
		}
	}
	return data, nil
}

// A stream reads a file or what is compressed in it.
type stream struct {
	io.Reader
	io.Closer
}

func open(path string) (stream, error) {
	f, err := os.Open(path)
	if err != nil {
		return stream{}, err
	}
	if info, err := f.Stat(); err == nil && info.IsDir() {
		f.Close()
		return stream{}, fmt.Errorf("%s: %s: this is a directory", path, foreign)
	}
	r, err := decompress(f)
	if err != nil {
		f.Close()
		return stream{}, fmt.Errorf("%s: %w", path, err)
	}
	return stream{r, f}, nil
}

// pairName exchanges one ending of a pair for the other, as in brain.img.gz.
func pairName(path, from, to string) string {
	stem, gz := strings.CutSuffix(path, ".gz")
	stem, ok := strings.CutSuffix(stem, from)
	if !ok {
		return path
	}
	if gz {
		return stem + to + ".gz"
	}
	return stem + to
}

// members reads the concatenated members of a gzip file and, unlike a
// gzip.Reader left to itself, tells garbage after them from a member cut short.
type members struct {
	b *bufio.Reader
	z *gzip.Reader
}

func decompress(r io.Reader) (io.Reader, error) {
	b := bufio.NewReaderSize(r, 1<<16)
	if !gzipped(b) {
		return b, nil
	}
	z, err := gzip.NewReader(b)
	if err != nil {
		return nil, err
	}
	z.Multistream(false)
	return &members{b, z}, nil
}

func (m *members) Read(p []byte) (int, error) {
	n, err := m.z.Read(p)
	if err == io.EOF && gzipped(m.b) {
		err = m.z.Reset(m.b)
		m.z.Multistream(false)
	}
	return n, err
}

func gzipped(b *bufio.Reader) bool {
	start, _ := b.Peek(2)
	return string(start) == "\x1f\x8b"
}

// verify reads on to gzip's checksum, which stands at the end, unless a megabyte of
// something else comes first.
func verify(r io.Reader) error {
	if _, ok := r.(*members); !ok {
		return nil
	}
	if _, err := io.CopyN(io.Discard, r, 1<<20); err != nil && err != io.EOF {
		return err
	}
	return nil
}
