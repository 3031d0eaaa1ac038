package cpu

import "os"

// A Level is a set of instructions, each including those before it.
type Level int

const (
	Plain  Level = iota // what the Go compiler emits
	AVX2                // AVX2, FMA and BMI2
	AVX512              // AVX-512 F, VL, BW and DQ
)

// Best is the level that kernels use.
var Best = lower(detect(), os.Getenv("SSHN_CPU"))

func (l Level) String() string {
	switch l {
	case AVX2:
		return "avx2"
	case AVX512:
		return "avx512"
	}
	return "plain"
}

// lower returns the lesser of the machine's level and the one asked for by
// name. An unknown name asks for nothing.
func lower(machine Level, name string) Level {
	for l := Plain; l < machine; l++ {
		if l.String() == name {
			return l
		}
	}
	return machine
}
