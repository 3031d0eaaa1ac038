// Package cpu says which instruction sets the kernels may use.
//
// The choice is made once, at start: the best that the machine has. The
// environment variable SSHN_CPU (plain, avx2 or avx512) lowers it, so that
// tests reach every path on one machine; it never raises it. Built with
// -tags purego, the answer is always [Plain].
package cpu
