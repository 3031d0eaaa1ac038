package main

import (
	"bufio"
	"io"
	"slices"
	"strconv"
	"strings"
)

// A result is what one line of a benchmark says.
type result struct {
	name   string // without the number of processors
	procs  int
	values map[string]float64 // by unit, as "ns/op"
}

// parse reads the format of go test -bench,
//
//	BenchmarkName-procs  iterations  value unit  value unit ...
//
// and passes over other lines.
func parse(r io.Reader) ([]result, error) {
	var results []result
	in := bufio.NewScanner(r)
	for in.Scan() {
		if one, ok := parseLine(in.Text()); ok {
			results = append(results, one)
		}
	}
	return results, in.Err()
}

func parseLine(line string) (result, bool) {
	fields := strings.Fields(line)
	if len(fields) < 4 || len(fields)%2 != 0 || !strings.HasPrefix(fields[0], "Benchmark") {
		return result{}, false
	}
	if _, err := strconv.Atoi(fields[1]); err != nil {
		return result{}, false
	}
	r := result{name: fields[0], procs: 1, values: map[string]float64{}}
	if i := strings.LastIndexByte(r.name, '-'); i >= 0 {
		if procs, err := strconv.Atoi(r.name[i+1:]); err == nil && procs > 0 {
			r.name, r.procs = r.name[:i], procs
		}
	}
	for pair := range slices.Chunk(fields[2:], 2) {
		v, err := strconv.ParseFloat(pair[0], 64)
		if err != nil {
			return result{}, false
		}
		r.values[pair[1]] = v
	}
	return r, true
}

// medians returns one result for each name and number of processors, in the
// order of the first of each, with the median of each of its values.
func medians(results []result) []result {
	type key struct {
		name  string
		procs int
	}
	var order []key
	all := map[key]map[string][]float64{}
	for _, r := range results {
		k := key{r.name, r.procs}
		if all[k] == nil {
			order = append(order, k)
			all[k] = map[string][]float64{}
		}
		for unit, v := range r.values {
			all[k][unit] = append(all[k][unit], v)
		}
	}
	var middle []result
	for _, k := range order {
		r := result{k.name, k.procs, map[string]float64{}}
		for unit, v := range all[k] {
			r.values[unit] = median(v)
		}
		middle = append(middle, r)
	}
	return middle
}

func median(v []float64) float64 {
	slices.Sort(v)
	n := len(v)
	return (v[(n-1)/2] + v[n/2]) / 2
}
