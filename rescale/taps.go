package rescale

import (
	"math"
	"sync"

	"github.com/sshn-go/sshn/internal/kernel"
)

// An axisKey is what the tables of one axis depend on.
type axisKey struct {
	in, out int
	cfg     Config
}

type axisTables struct{ forward, adjoint *kernel.Taps }

// The tables of the axes met so far, for a step asks for each of them three
// times (cost, forward, backward) and the next step again. With ever new phis
// there are ever new tables: past a bound on their pixels all are forgotten.
var known struct {
	sync.Mutex
	tables map[axisKey]axisTables
	pixels int
}

const mostPixels = 1 << 18 // some ten megabytes at two taps

func tablesOf(k axisKey) axisTables {
	known.Lock()
	defer known.Unlock()
	if t, ok := known.tables[k]; ok {
		return t
	}
	forward := taps(k)
	t := axisTables{forward, forward.Transpose()}
	if known.pixels += k.in + k.out; known.tables == nil || known.pixels > mostPixels {
		known.tables, known.pixels = map[axisKey]axisTables{}, k.in+k.out
	}
	known.tables[k] = t
	return t
}

func taps(k axisKey) *kernel.Taps {
	in, out := int64(k.in), int64(k.out)
	align := k.cfg.AlignCorners
	if k.cfg.Antialias && (k.cfg.Mode == Linear || k.cfg.Mode == Cubic) {
		return antialiased(k)
	}
	return kernel.NewTaps(k.in, k.out, func(output int) (int, []float64) {
		o := int64(output)
		switch k.cfg.Mode {
		case Nearest:
			return int((2*o + 1) * in / (2 * out)), []float64{1}
		case NearestFloor:
			return int(o * in / out), []float64{1}
		case Cubic:
			first, f := position(o, in, out, align)
			return first - 1, []float64{keys(1+f, -0.75), keys(f, -0.75), keys(1-f, -0.75), keys(2-f, -0.75)}
		default:
			first, f := position(o, in, out, align)
			return first, []float64{1 - f, f}
		}
	})
}

// position returns where the centre of output o lies: at first + f in the
// input's indices, 0 <= f < 1. It is a ratio of integers, so first is exact.
func position(o, in, out int64, align bool) (first int, f float64) {
	num, den := (2*o+1)*in-out, 2*out // (o+1/2)*in/out - 1/2
	if align {
		num, den = o*(in-1), max(out-1, 1)
	}
	q, r := num/den, num%den
	if r < 0 {
		q, r = q-1, r+den
	}
	return int(q), float64(r) / float64(den)
}

// antialiased stretches the kernel by in/out where the axis shrinks and takes
// every pixel under it; what falls outside is left out and the rest made to sum
// to one.
func antialiased(k axisKey) *kernel.Taps {
	step := float64(k.in) / float64(k.out)
	if k.cfg.AlignCorners {
		step = float64(k.in-1) / float64(max(k.out-1, 1))
		if k.out == 1 {
			step = 0
		}
	}
	kernelOf, radius := triangle, 1.0
	if k.cfg.Mode == Cubic {
		kernelOf, radius = func(x float64) float64 { return keys(math.Abs(x), -0.5) }, 2
	}
	stretch := max(step, 1)
	var w []float64
	return kernel.NewTaps(k.in, k.out, func(o int) (int, []float64) {
		centre := (float64(o) + 0.5) * step // pixel i covers [i, i+1]
		lo := max(int(centre-radius*stretch+0.5), 0)
		hi := min(int(centre+radius*stretch+0.5), k.in)
		w = w[:0]
		sum := 0.0
		for i := lo; i < hi; i++ {
			w = append(w, kernelOf((float64(i)+0.5-centre)/stretch))
			sum += w[i-lo]
		}
		for i := range w {
			w[i] /= sum
		}
		return lo, w
	})
}

func triangle(x float64) float64 { return max(1-math.Abs(x), 0) }

// keys is the cubic convolution kernel at distance x >= 0 (Keys 1981, eq. 15,
// there with a = -1/2).
func keys(x, a float64) float64 {
	switch {
	case x <= 1:
		return ((a+2)*x-(a+3))*x*x + 1
	case x < 2:
		return ((a*x-5*a)*x+8*a)*x - 4*a
	}
	return 0
}
