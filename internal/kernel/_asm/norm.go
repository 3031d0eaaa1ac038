package main

import "github.com/mmcloughlin/avo/reg"

// norms generates sums and updates of rows whose columns have numbers of their
// own; see their twins.
func (a *assembler) norms() {
	name := a.isa.name
	a.function("moments"+name, "func(x, origin *float32, sums, squares *float64, rows, width int)")
	x := a.pointer("x")
	a.rows([]string{"origin", "sums", "squares"}, func(n reg.GPVirtual, p []reg.GPVirtual) {
		origin, sums, squares := p[0], p[1], p[2]
		a.sweep(span{n: n, floats: []reg.GPVirtual{x, origin}, doubles: p[1:], half: true}, func(v *lanes) {
			d := v.loadWide(x)
			a.VSUBPD(v.loadWide(origin), d, d)
			v.addTo(sums, d)
			a.VMULPD(d, d, d)
			v.addTo(squares, d)
		})
	})
	a.end()

	a.function("correlate"+name, "func(gy, x, mean *float32, sums, products *float64, rows, width int)")
	gy, x := a.pointer("gy"), a.pointer("x")
	a.rows([]string{"mean", "sums", "products"}, func(n reg.GPVirtual, p []reg.GPVirtual) {
		mean, sums, products := p[0], p[1], p[2]
		a.sweep(span{n: n, floats: []reg.GPVirtual{gy, x, mean}, doubles: p[1:], half: true}, func(v *lanes) {
			v.correlate(v.loadWide(gy), x, mean, sums, products)
		})
	})
	a.end()

	a.function("correlateRectified"+name, "func(gy, y, x, mean *float32, sums, products *float64, rows, width int, slope float32, kept uint32)")
	gy, y, x := a.pointer("gy"), a.pointer("y"), a.pointer("x")
	rectifier := a.newLeak()
	a.rows([]string{"mean", "sums", "products"}, func(n reg.GPVirtual, p []reg.GPVirtual) {
		mean, sums, products := p[0], p[1], p[2]
		a.sweep(span{n: n, floats: []reg.GPVirtual{gy, y, x, mean}, doubles: p[1:], half: true}, func(v *lanes) {
			g := v.leak(v.load(gy), v.load(y), rectifier)
			v.store(g, gy)
			v.correlate(v.widen(g), x, mean, sums, products)
		})
	})
	a.end()

	for _, rectified := range []bool{false, true} {
		kind, last := "", ""
		if rectified {
			kind, last = "Rectified", ", slope float32, kept uint32"
		}
		a.function("normalise"+kind+name, "func(y, x, mean, scale, shift *float32, rows, width int"+last+")")
		y, x := a.pointer("y"), a.pointer("x")
		if rectified {
			rectifier = a.newLeak()
		}
		a.rows([]string{"mean", "scale", "shift"}, func(n reg.GPVirtual, p []reg.GPVirtual) {
			a.sweep(span{n: n, floats: append([]reg.GPVirtual{y, x}, p...)}, func(v *lanes) {
				d := v.load(x)
				a.VSUBPS(v.load(p[0]), d, d)
				a.VMULPS(v.load(p[1]), d, d)
				a.VADDPS(v.load(p[2]), d, d)
				if rectified {
					d = v.leak(d, d, rectifier)
				}
				v.store(d, y)
			})
		})
		a.end()
	}

	for _, add := range []bool{false, true} {
		kind := "Set"
		if add {
			kind = "Add"
		}
		a.function("denormalise"+kind+name, "func(gx, gy, x, mean, a, b, c *float32, rows, width int)")
		gx, gy, x := a.pointer("gx"), a.pointer("gy"), a.pointer("x")
		zero := a.zero()
		a.rows([]string{"mean", "a", "b", "c"}, func(n reg.GPVirtual, p []reg.GPVirtual) {
			a.sweep(span{n: n, floats: append([]reg.GPVirtual{gx, gy, x}, p...)}, func(v *lanes) {
				g, d := v.load(gy), v.load(x)
				a.VMULPS(v.load(p[1]), g, g)
				a.VSUBPS(v.load(p[0]), d, d)
				a.VMULPS(v.load(p[2]), d, d)
				a.VADDPS(d, g, g)
				a.VADDPS(v.load(p[3]), g, g)
				old := zero // turns -0 to 0, as adding to zeros does
				if add {
					old = v.load(gx)
				}
				a.VADDPS(old, g, g)
				v.store(g, gx)
			})
		})
		a.end()
	}
}

// correlate adds g, in float64, to the sums and g (x - mean) to the products.
func (v *lanes) correlate(g reg.VecVirtual, x, mean, sums, products reg.GPVirtual) {
	d := v.load(x)
	v.addTo(sums, g)
	v.VSUBPS(v.load(mean), d, d)
	w := v.widen(d)
	v.VMULPD(g, w, w)
	v.addTo(products, w)
}
