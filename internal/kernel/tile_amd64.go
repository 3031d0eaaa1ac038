//go:build !purego

package kernel

import "github.com/sshn-go/sshn/internal/cpu"

func kernelsOf(l cpu.Level) tileKernels {
	switch l {
	case cpu.AVX512:
		return tileKernels{16, 14, &tilesRow512, &tilesColumn512, &maps512, &winograds512}
	case cpu.AVX2:
		return tileKernels{8, 6, &tilesRow256, &tilesColumn256, &maps256, &winograds256}
	}
	return tileKernels{}
}
