//go:build !amd64 || purego

package kernel

import "github.com/sshn-go/sshn/internal/cpu"

func kernelsOf(cpu.Level) tileKernels { return tileKernels{} }

func foldEight(p *tile) { panic("unreachable") }
func foldOne(p *tile)   { panic("unreachable") }
