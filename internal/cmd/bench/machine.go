package main

import (
	"fmt"
	"io"

	"github.com/sshn-go/sshn/internal/cpu"
	"github.com/sshn-go/sshn/internal/kernel"
)

// A rate is what a machine does at best on some number of processors.
type rate struct {
	procs  int
	peak   []float64 // GFLOP/s in registers, by cpu.Level
	memory float64   // GB/s of a copy, bytes read plus bytes written
	cache  float64   // the same within the second cache
}

// A machine has rates on one processor and on all.
type machine []rate

// copied is the bytes of a copy between memories: more than most third caches
// hold. What a benchmark finds in that cache may be faster than the copy.
const copied = 512 << 20

func measure(procs int) machine {
	var m machine
	for p := 1; p <= procs; p += max(1, procs-1) {
		r := rate{procs: p, peak: make([]float64, cpu.Best+1)}
		for level := range r.peak {
			r.peak[level] = kernel.PeakFLOPS(cpu.Level(level), p) / 1e9
		}
		r.memory = kernel.CopyBandwidth(p, max(copied/p, 64<<20)) / 1e9
		r.cache = kernel.CopyBandwidth(p, 256<<10) / 1e9
		m = append(m, r)
	}
	return m
}

// at returns the best rates on so many processors for the instruction set in
// use: zeros if those were not measured.
func (m machine) at(procs int) (peak, memory float64) {
	for _, r := range m {
		if r.procs == procs {
			return r.peak[len(r.peak)-1], r.memory
		}
	}
	return 0, 0
}

// better keeps the greater of each rate: nothing but other work makes one small.
func (m machine) better(other machine) machine {
	if m == nil {
		return other
	}
	for i := range m {
		for level := range m[i].peak {
			m[i].peak[level] = max(m[i].peak[level], other[i].peak[level])
		}
		m[i].memory = max(m[i].memory, other[i].memory)
		m[i].cache = max(m[i].cache, other[i].cache)
	}
	return m
}

func (m machine) print(w io.Writer) {
	for _, r := range m {
		fmt.Fprintf(w, "%d processor(s):", r.procs)
		for level, peak := range r.peak {
			if peak > 0 {
				fmt.Fprintf(w, " %v %.0f GFLOP/s,", cpu.Level(level), peak)
			}
		}
		fmt.Fprintf(w, " copies %.1f GB/s, within the second cache %.1f GB/s\n", r.memory, r.cache)
	}
}
