//go:build race

package kernel

import (
	"runtime"
	"unsafe"
)

const raceDetector = true

// reads and writes tell the race detector what assembly touches.
func reads(slices ...[]float32) {
	for _, s := range slices {
		if len(s) > 0 {
			runtime.RaceReadRange(unsafe.Pointer(&s[0]), elem*len(s))
		}
	}
}

func writes(slices ...[]float32) {
	for _, s := range slices {
		if len(s) > 0 {
			runtime.RaceWriteRange(unsafe.Pointer(&s[0]), elem*len(s))
		}
	}
}
