//go:build !purego

package kernel

func mixRowsFast(y, x *float32, n int, at *int, w *float32, k, add int) {
	if fast.lanes == 16 {
		mixRows512(y, x, n, at, w, k, add)
	} else {
		mixRows256(y, x, n, at, w, k, add)
	}
}

func mixColumnsFast(p *columns) {
	if fast.lanes == 16 {
		mixColumns512(p)
	} else {
		mixColumns256(p)
	}
}
