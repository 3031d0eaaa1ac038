// Command peak prints what this machine can do at best: multiply-adds in
// registers and copies, on one processor and on all. Given the output of the
// benchmarks on its standard input, it prints each as a share of that:
//
//	go test -bench . ./internal/kernel | go run ./internal/kernel/cmd/peak -bench
package main

import (
	"bufio"
	"flag"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"strconv"
	"strings"

	"github.com/sshn-go/sshn/internal/cpu"
	"github.com/sshn-go/sshn/internal/kernel"
)

func main() {
	bench := flag.Bool("bench", false, "read benchmarks from standard input and print their shares")
	flag.Parse()
	all := runtime.GOMAXPROCS(0)
	flops, bytes := map[int]float64{}, map[int]float64{}
	for _, workers := range []int{1, all} {
		flops[workers] = kernel.PeakFLOPS(cpu.Best, workers) / 1e9
		bytes[workers] = kernel.CopyBandwidth(workers, 64<<20) / 1e9
		fmt.Printf("%v, %d workers: %.0f GFLOP/s, copies %.1f GB/s, within the second cache %.1f GB/s\n", cpu.Best, workers,
			flops[workers], bytes[workers], kernel.CopyBandwidth(workers, 256<<10)/1e9)
	}
	if *bench {
		shares(flops, bytes)
	}
}

var (
	procs  = regexp.MustCompile(`-(\d+)$`)
	metric = regexp.MustCompile(`([\d.e+]+) (GFLOP/s|GB/s)`)
)

// shares prints the metrics of each benchmark as parts of the peak for its
// number of processors, where that was measured.
func shares(flops, bytes map[int]float64) {
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		name, rest, _ := strings.Cut(in.Text(), "\t")
		if !strings.HasPrefix(name, "Benchmark") {
			continue
		}
		workers := 1
		if m := procs.FindStringSubmatch(strings.TrimSpace(name)); m != nil {
			workers, _ = strconv.Atoi(m[1])
		}
		for _, m := range metric.FindAllStringSubmatch(rest, -1) {
			value, _ := strconv.ParseFloat(m[1], 64)
			peak := bytes[workers]
			if m[2] == "GFLOP/s" {
				peak = flops[workers]
			}
			if peak > 0 {
				fmt.Printf("%-90s %8.1f %-7s %4.0f %%\n", strings.TrimSpace(name), value, m[2], 100*value/peak)
			}
		}
	}
}
