//go:build !purego

package kernel

import "github.com/sshn-go/sshn/internal/cpu"

var triples512 = tripleKernels{
	row:    kernelTable{&triplesRow512, [4]int{12, 12}},
	column: kernelTable{&triplesColumn512, [4]int{8, 4}},
}

func kernelsOf(l cpu.Level) tileKernels {
	switch l {
	case cpu.AVX512:
		return tileKernels{16, [4]int{14, 14}, &tilesRow512, &tilesColumn512, &triples512, &maps512, &winograds512}
	case cpu.AVX2:
		return tileKernels{8, [4]int{8, 6, 4, 3}, &tilesRow256, &tilesColumn256, nil, &maps256, &winograds256}
	}
	return tileKernels{}
}

// foldEight and foldOne sum one vector per segment, of 8 k rows and of k.
func foldEight(p *tile) {
	if fast.lanes == 16 {
		fold512_8(p)
	} else {
		fold256_8(p)
	}
}

func foldOne(p *tile) {
	if fast.lanes == 16 {
		fold512_1(p)
	} else {
		fold256_1(p)
	}
}
