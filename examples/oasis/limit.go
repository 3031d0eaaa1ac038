package main

import (
	"context"
	"fmt"
	"runtime/debug"

	"github.com/sshn-go/sshn"
	"github.com/sshn-go/sshn/autograd"
	"github.com/sshn-go/sshn/examples/internal/cli"
	"github.com/sshn-go/sshn/internal/memory"
	"github.com/sshn-go/sshn/pareto"
	"github.com/sshn-go/sshn/tensor/nifti"
	"github.com/sshn-go/sshn/tensor/volume"
)

// Bytes that the program takes beside tensors: code and runtime, and with them
// garbage and what is kept beside buffers.
const (
	code      = 24e6
	footprint = code + 10e6
)

// A limit is how much memory the program may take, and how much of it is left to
// [sshn.Predictor.Segment].
type limit struct {
	allowed, taken int64 // bytes; all 0: no limit
	labels         int64 // of taken, those beside the result that pictures are made of
	by             string
}

// left is never 0, which would be no limit.
func (l limit) left() int64 { return max(l.allowed-l.taken, 1) }

// bound works out the limit: what -max-mb says of a model of volumes, else half of
// what is free. It reads nothing of the scan but its header, so that one that is
// too large is refused before it takes memory.
func (s *segment) bound(m *sshn.Model, h *nifti.Header, move volume.Move, c console) error {
	slices := m.Config().Network.Dims == 2
	if slices && s.phi != nil && s.maxMB > 0 {
		return cli.Usage("-phi and a budget: give one of them; the model is for slices, where -max-mb is one")
	}
	l := limit{allowed: int64(1e6 * s.maxMB), by: "-max-mb"}
	if slices || s.maxMB == 0 {
		free, known := memory.Free()
		if !known {
			if !slices {
				c.note("how much memory is free is not known here: -max-mb sets a limit")
			}
			return nil
		}
		l.allowed, l.by = free/2, "half of what is free; -max-mb sets it"
	}
	// The scan, its labels, those of the picture, and the model; of slices also all
	// of them in the frame, which tilings count.
	voxels := 4 * int64(h.Shape().Len())
	l.labels = voxels * int64(s.pictured())
	l.taken = footprint + 2*voxels + l.labels + 4*int64(len(m.Source().Params().Data))
	if slices {
		l.taken += 2 * 4 * int64(move.To.Shape.Len())
		l.by = "half of what is free"
		if l.taken >= l.allowed {
			return fmt.Errorf("%s: %s voxels take %s before anything is segmented, and %s are allowed (%s)",
				s.in, extents(h.Shape().Dims()), l.beside(), megabytes(l.allowed), l.by)
		}
	}
	debug.SetMemoryLimit(l.allowed - code) // garbage is collected before the process grows beyond the limit
	if !slices {
		s.limit = l
	}
	return nil
}

// beside says what is taken beside buffers.
func (l limit) beside() string {
	if l.labels == 0 {
		return megabytes(l.taken) + " for the scan, the model and the program"
	}
	return fmt.Sprintf("%s for the scan, the model, the program and the labels of the picture (-truth, -beside: %s)", megabytes(l.taken), megabytes(l.labels))
}

// refuse says what would be needed.
func (l limit) refuse(e *sshn.MemoryError) error {
	need := (l.taken + e.Least.Bytes + 1e6 - 1) / 1e6
	return fmt.Errorf("at least %d MB of memory are needed, and %s are allowed (%s): in the smallest tiles, of %s voxels, %s of buffers, and %s; the whole volume of %s at once would take %s at phi %v",
		need, megabytes(l.allowed), l.by, extents(e.Least.Tile[:]), megabytes(e.Least.Bytes), l.beside(), extents(e.Whole.Volume[:]), megabytes(e.Whole.Bytes+l.taken), e.Phi)
}

func megabytes(bytes int64) string { return fmt.Sprintf("%.0f MB", float64(bytes)/1e6) }

// tell says how a scan is gone through and why.
func (l limit) tell(m *sshn.Model, dims []int, phi pareto.Phi, c console) error {
	if l.allowed == 0 {
		return nil
	}
	whole, err := m.Tiling(dims, phi, 0)
	if err != nil {
		return err
	}
	t, err := m.Tiling(dims, phi, l.left())
	if err != nil {
		return err
	}
	instead := ""
	if !t.Whole() {
		instead = fmt.Sprintf("; the whole volume at once would take %s", megabytes(whole.Bytes+l.taken))
	}
	fmt.Fprintf(c.err, "%v: %s of memory, of %s allowed (%s): %s of buffers, and %s%s\n",
		t, megabytes(t.Bytes+l.taken), megabytes(l.allowed), l.by, megabytes(t.Bytes), l.beside(), instead)
	return nil
}

// promptly runs f until ctx is done. Then it returns at once, and f goes on until
// the program ends, which an error of ctx makes it do; so f must touch nothing
// that outlives the program.
func promptly[T any](ctx context.Context, f func() (T, error)) (x T, err error) {
	type result struct {
		x   T
		err error
	}
	done := make(chan result, 1)
	go func() {
		var r result
		if broken := autograd.Try(func() { r.x, r.err = f() }); broken != nil {
			r.err = broken
		}
		done <- r
	}()
	select {
	case r := <-done:
		return r.x, r.err
	case <-ctx.Done():
		return x, ctx.Err()
	}
}
