package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
)

const goOutput = `goos: linux
pkg: github.com/sshn-go/sshn
BenchmarkConv/dims=2/k=1/pass=forward-2   	     100	  4000000 ns/op	  150.5 GFLOP/s	 11.5 GB/s
BenchmarkConv/dims=2/k=1/pass=forward-2   	     100	  2000000 ns/op	  301 GFLOP/s	 23 GB/s
BenchmarkConv/dims=2/k=1/pass=forward-2   	     100	  1000000 ns/op	  602 GFLOP/s	 46 GB/s
BenchmarkConv/dims=2/k=1/pass=forward   	     100	  8000000 ns/op	  75 GFLOP/s
BenchmarkAdam/10.7M-2	5	1.5e+07 ns/op	20 GB/s	0 B/op	0 allocs/op
BenchmarkOdd-name	5	12.5 ns/op
PASS
ok  	github.com/sshn-go/sshn	3.2s
`

func TestLinesOfBenchmarksAreRead(t *testing.T) {
	got, err := parse(strings.NewReader(goOutput))
	require.NoError(t, err)
	require.Len(t, got, 6)
	require.Equal(t, result{"BenchmarkConv/dims=2/k=1/pass=forward", 2, map[string]float64{"ns/op": 4e6, "GFLOP/s": 150.5, "GB/s": 11.5}}, got[0])
	require.Equal(t, 1, got[3].procs)
	require.Equal(t, result{"BenchmarkAdam/10.7M", 2, map[string]float64{"ns/op": 1.5e7, "GB/s": 20, "B/op": 0, "allocs/op": 0}}, got[4])
	require.Equal(t, "BenchmarkOdd-name", got[5].name)
}

func TestOtherLinesArePassedOver(t *testing.T) {
	for _, line := range []string{
		"", "PASS", "BenchmarkAlone", "BenchmarkA 3", "BenchmarkA x 3 ns/op", "BenchmarkA 3 y ns/op", "BenchmarkA 3 4 ns/op 5",
		"    BenchmarkA: some log", "--- BENCH: BenchmarkA", "TestA 3 4 ns/op",
	} {
		got, err := parse(strings.NewReader(line))
		require.NoError(t, err)
		require.Empty(t, got, line)
	}
	_, err := parse(iotest.ErrReader(os.ErrClosed))
	require.ErrorIs(t, err, os.ErrClosed)
}

func TestRepeatedBenchmarksBecomeTheirMedian(t *testing.T) {
	all, err := parse(strings.NewReader(goOutput))
	require.NoError(t, err)
	got := medians(all)
	require.Len(t, got, 4)
	require.Equal(t, map[string]float64{"ns/op": 2e6, "GFLOP/s": 301, "GB/s": 23}, got[0].values)
	require.Equal(t, 2.5, median([]float64{9, 1, 3, 2}))
}

func TestTheTableHasSharesAndRatios(t *testing.T) {
	ours, _ := parse(strings.NewReader(goOutput + "BenchmarkVolume-2\t1\t3e9 ns/op\t1009 peak-MB\n"))
	theirs, _ := parse(strings.NewReader("BenchmarkVolume-2\t1\t6e9 ns/op\t2018 peak-MB\nBenchmarkConv/dims=2/k=1/pass=forward-2\t3\t8000000 ns/op\nBenchmarkLoss-2\t3\t123456789 ns/op\n"))
	m := machine{{1, []float64{0, 150}, 10, 0}, {2, []float64{0, 301}, 46, 0}}
	var got strings.Builder
	require.NoError(t, table(&got, m, medians(ours), medians(theirs)))
	var lines [][]string
	for line := range strings.Lines(got.String()) {
		lines = append(lines, strings.Fields(line))
	}
	require.Equal(t, []string{"2.00", "8.00", "0.25", "301", "100", "%", "23.0", "50", "%", "2", "Conv/dims=2/k=1/pass=forward"}, lines[2])
	require.Equal(t, []string{"8.00", "75.0", "50", "%", "1", "Conv/dims=2/k=1/pass=forward"}, lines[3])
	require.Equal(t, []string{"15.0", "20.0", "43", "%", "2", "Adam/10.7M"}, lines[4])
	require.Equal(t, []string{"none", "123", "2", "Loss"}, lines[7])
	require.Equal(t, "1009 MB of memory at most, PyTorch 2018 MB, ratio 0.50: Volume", strings.Join(lines[8], " "))
}

func TestAMachineKeepsTheBetterOfTwoMeasurements(t *testing.T) {
	one := machine{{1, []float64{0, 90, 150}, 20, 80}}
	two := machine{{1, []float64{0, 80, 170}, 30, 70}}
	require.Equal(t, machine{{1, []float64{0, 90, 170}, 30, 80}}, one.better(two))
	var none machine
	require.Equal(t, two, none.better(two))
	var text strings.Builder
	two.print(&text)
	require.Equal(t, "1 processor(s): avx2 80 GFLOP/s, avx512 170 GFLOP/s, copies 30.0 GB/s, within the second cache 70.0 GB/s\n", text.String())
}

func TestFilesThatCannotServeAreErrors(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty")
	require.NoError(t, os.WriteFile(empty, []byte("PASS\n"), 0o600))
	_, err := read(empty)
	require.EqualError(t, err, empty+": no line of a benchmark")
	_, err = read(empty + "er")
	require.ErrorIs(t, err, os.ErrNotExist)
	require.EqualError(t, run(nil, duel{}, make([]string, 3)), "3 files, where Go's output and PyTorch's are two")
}

func TestAPatternMatchesOneName(t *testing.T) {
	require.Equal(t, `^BenchmarkUNet$/^phi=0\.25$/^pass=train$`, exactly([]string{"BenchmarkUNet", "phi=0.25", "pass=train"}))
}
