//go:build race

package kernel

import (
	"runtime"
	"unsafe"
)

const raceDetector = true

// reads and writes tell the race detector what assembly touches.
func reads[T float](slices ...[]T) {
	for _, s := range slices {
		if len(s) > 0 {
			runtime.RaceReadRange(unsafe.Pointer(&s[0]), int(unsafe.Sizeof(s[0]))*len(s))
		}
	}
}

func writes[T float](slices ...[]T) {
	for _, s := range slices {
		if len(s) > 0 {
			runtime.RaceWriteRange(unsafe.Pointer(&s[0]), int(unsafe.Sizeof(s[0]))*len(s))
		}
	}
}
