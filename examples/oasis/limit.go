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
// what kernels work in and garbage.
const (
	code      = 24e6
	footprint = code + 16e6
)

// A limit is how much memory the program may take, and how much of it is left to
// [sshn.Predictor.Segment].
type limit struct {
	allowed, taken int64 // bytes; all 0: no limit
	by             string
}

func (l limit) left() int64 { return l.allowed - l.taken }

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
	// The scan, its labels, what pictures are made of, and the model; of slices
	// also all of them in the frame, which tilings count.
	floats := (2+s.pictured())*h.Shape().Len() + len(m.Source().Params().Data)
	if slices {
		floats += 2 * move.To.Shape.Len()
		l.by = "half of what is free"
	}
	l.taken = footprint + 4*int64(floats)
	if l.taken >= l.allowed {
		return fmt.Errorf("%s: %s voxels, the model and the program take %s of memory before anything is segmented, and %s are allowed (%s)",
			s.in, extents(h.Shape().Dims()), megabytes(l.taken), megabytes(l.allowed), l.by)
	}
	debug.SetMemoryLimit(l.allowed - code) // garbage is collected before the process grows beyond the limit
	if !slices {
		s.limit = l
	}
	return nil
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
	fmt.Fprintf(c.err, "%v: %s of memory, of %s allowed (%s)%s\n", t, megabytes(t.Bytes+l.taken), megabytes(l.allowed), l.by, instead)
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
