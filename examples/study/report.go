package main

import (
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/sshn-go/sshn/examples/internal/result"
	"github.com/sshn-go/sshn/nn/metric"
)

// report writes what was found, for people.
func (o *options) report(found *result.File, w io.Writer) error {
	dice := map[string][]float64{}
	for _, l := range found.Lines {
		if l.Of == nil {
			key := fmt.Sprintf("%-10s %-20s %v", l.Method, l.Variant, l.Phi)
			dice[key] = append(dice[key], l.Mean())
		}
	}
	for _, key := range slices.Sorted(maps.Keys(dice)) {
		s := metric.Summarise(dice[key])
		fmt.Fprintf(w, "%-45s %.4f (sd %.4f, %d)\n", key, s.Mean, s.SD, s.N)
	}
	return nil
}
