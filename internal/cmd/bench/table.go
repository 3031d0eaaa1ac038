package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// table prints a line for each of ours: its time, and as far as they are known
// PyTorch's and the ratio of the two, the rates that the benchmark reports and
// their shares of the machine's. What PyTorch alone has is listed below, and then
// how much memory the two take, where both tell.
func table(w io.Writer, m machine, ours, theirs []result) error {
	if len(ours)+len(theirs) == 0 {
		return nil
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "\nms\tPyTorch\tratio\tGFLOP/s\tof peak\tGB/s\tof copy\tprocs\t  benchmark")
	for _, r := range ours {
		peak, memory := m.at(r.procs)
		peer := find(theirs, r)
		fmt.Fprintf(t, "%s\t%s\t%s\t", number(r.values["ns/op"]/1e6), number(peer.values["ns/op"]/1e6), ratio(r.values["ns/op"], peer.values["ns/op"]))
		fmt.Fprintf(t, "%s\t%s\t", number(r.values["GFLOP/s"]), percent(r.values["GFLOP/s"], peak))
		fmt.Fprintf(t, "%s\t%s\t", number(r.values["GB/s"]), percent(r.values["GB/s"], memory))
		fmt.Fprintf(t, "%d\t  %s\n", r.procs, strings.TrimPrefix(r.name, "Benchmark"))
	}
	for _, r := range theirs {
		if find(ours, r).name == "" {
			fmt.Fprintf(t, "none\t%s\t\t\t\t\t\t%d\t  %s\n", number(r.values["ns/op"]/1e6), r.procs, strings.TrimPrefix(r.name, "Benchmark"))
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, r := range ours {
		mine, yours := r.values["peak-MB"], find(theirs, r).values["peak-MB"]
		if mine > 0 && yours > 0 {
			fmt.Fprintf(w, "%s MB of memory at most, PyTorch %s MB, ratio %s: %s\n", number(mine), number(yours), ratio(mine, yours), strings.TrimPrefix(r.name, "Benchmark"))
		}
	}
	return nil
}

func find(results []result, like result) result {
	for _, r := range results {
		if r.name == like.name && r.procs == like.procs {
			return r
		}
	}
	return result{}
}

// number shows about three digits; nothing for what is not known.
func number(v float64) string {
	switch {
	case v == 0:
		return ""
	case v < 0.995:
		return fmt.Sprintf("%.3f", v)
	case v < 9.95:
		return fmt.Sprintf("%.2f", v)
	case v < 99.5:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.0f", v)
}

func ratio(a, b float64) string {
	if a == 0 || b == 0 {
		return ""
	}
	return fmt.Sprintf("%.2f", a/b)
}

func percent(a, b float64) string {
	if a == 0 || b == 0 {
		return ""
	}
	return fmt.Sprintf("%.0f %%", 100*a/b)
}
