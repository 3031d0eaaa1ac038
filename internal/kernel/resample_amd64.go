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

func mixPointsFast(y, x *float32, n int, at *int32, w *float32, stride, k, add int, scale float32) {
	if fast.lanes == 16 {
		mixPoints512(y, x, n, at, w, stride, k, add, scale)
	} else {
		mixPoints256(y, x, n, at, w, stride, k, add, scale)
	}
}
