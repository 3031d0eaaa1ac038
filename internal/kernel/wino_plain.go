package kernel

import (
	"math/bits"
	"unsafe"
)

// The lines of each transform: d becomes L d, for L of 4, 2 or 3 rows or columns.

func inputLine2[T float](d *[6]T) {
	d[0], d[1], d[2], d[3] = d[0]-d[2], d[1]+d[2], d[2]-d[1], d[1]-d[3]
}

func outputLine2[T float](d *[6]T) {
	d[0], d[1] = d[0]+(d[1]+d[2]), d[1]-d[2]-d[3]
}

func spreadLine2[T float](d *[6]T) {
	d[1], d[2], d[3] = d[0]+d[1], d[0]-d[1], -d[1]
}

func weightLine2[T float](d *[6]T) {
	e, o := (d[0]+d[2])/2, d[1]/2
	d[1], d[2], d[3] = e+o, e-o, d[2]
}

func weightGradLine2[T float](d *[6]T) {
	s := (d[1] + d[2]) / 2
	d[0], d[1], d[2] = d[0]+s, (d[1]-d[2])/2, d[3]+s
}

const (
	rootHalf = 0.70710678118654752440
	rootTwo  = 2 * rootHalf
)

func inputLine4[T float](d *[6]T) {
	e1, o1 := d[4]-2*d[2], rootHalf*(d[3]-2*d[1])
	e2, o2 := d[4]-d[2]/2, rootTwo*(d[3]-d[1]/2)
	d[0], d[5] = d[0]+d[4]-2.5*d[2], d[1]+d[5]-2.5*d[3]
	d[1], d[2], d[3], d[4] = e1+o1, e1-o1, e2+o2, e2-o2
}

func outputLine4[T float](d *[6]T) {
	s1, d1 := d[1]+d[2], rootHalf*(d[1]-d[2])
	s2, d2 := d[3]+d[4], rootTwo*(d[3]-d[4])
	d[0], d[1], d[2], d[3] = d[0]+s1+s2, d1+d2, s1/2+2*s2, d[5]+d1/2+2*d2
}

func spreadLine4[T float](d *[6]T) {
	e1, o1 := d[0]+d[2]/2, rootHalf*(d[1]+d[3]/2)
	e2, o2 := d[0]+2*d[2], rootTwo*(d[1]+2*d[3])
	d[1], d[2], d[3], d[4], d[5] = e1+o1, e1-o1, e2+o2, e2-o2, d[3]
}

func weightLine4[T float](d *[6]T) {
	e1, o1 := -(2*d[0]+d[2])/3, -2*rootHalf/3*d[1]
	e2, o2 := (d[0]+2*d[2])/6, rootTwo/6*d[1]
	d[1], d[2], d[3], d[4], d[5] = e1+o1, e1-o1, e2+o2, e2-o2, d[2]
}

func weightGradLine4[T float](d *[6]T) {
	s1, d1 := d[1]+d[2], d[1]-d[2]
	s2, d2 := d[3]+d[4], d[3]-d[4]
	d[0], d[1], d[2] = d[0]-2*s1/3+s2/6, rootTwo/6*d2-2*rootHalf/3*d1, d[5]+(s2-s1)/3
}

// winogradPlain returns F(m x m, 3x3) without assembly.
func winogradPlain(m, lanes int) winograd {
	of := func(p plainSandwich) func(*sandwich) {
		p.lanes = lanes
		return p.run
	}
	if m == 2 {
		return winograd{m, lanes,
			of(plainSandwich{in: 4, out: 4, line: inputLine2[float32], maskFrom: true}),
			of(plainSandwich{in: 4, out: 2, line: outputLine2[float32], activated: true}),
			of(plainSandwich{in: 2, out: 4, line: spreadLine2[float32], maskFrom: true}),
			of(plainSandwich{in: 3, out: 4, line: weightLine2[float32]}),
			of(plainSandwich{in: 4, out: 3, line: weightGradLine2[float32], added: true}),
		}
	}
	return winograd{m, lanes,
		of(plainSandwich{in: 6, out: 6, line: inputLine4[float32], maskFrom: true}),
		of(plainSandwich{in: 6, out: 4, line: outputLine4[float32], activated: true}),
		of(plainSandwich{in: 4, out: 6, line: spreadLine4[float32], maskFrom: true}),
		of(plainSandwich{in: 3, out: 6, line: weightLine4[float32]}),
		of(plainSandwich{in: 6, out: 3, line: weightGradLine4[float32], added: true}),
	}
}

// A plainSandwich is a transform in plain Go, lane by lane.
type plainSandwich struct {
	lanes, in, out             int
	line                       func(*[6]float32)
	maskFrom, activated, added bool
}

func (p *plainSandwich) run(s *sandwich) {
	inside := bits.Len(uint(s.bits))
	for b := range s.count {
		for l := range p.lanes {
			switch to := b*s.toStep + l*elem; {
			case l < inside:
				p.lane(s, unsafe.Add(s.from, b*s.fromStep+l*elem), unsafe.Add(s.to, to), l)
			case p.maskFrom:
				for i := range p.out * p.out {
					*(*float32)(unsafe.Add(s.to, to+i/p.out*s.toRow+i%p.out*s.toColumn)) = 0
				}
			}
		}
	}
}

func (p *plainSandwich) lane(s *sandwich, from, to unsafe.Pointer, l int) {
	var half [6][6]float32
	for c := range p.in {
		var d [6]float32
		for r := range p.in {
			d[r] = *(*float32)(unsafe.Add(from, r*s.fromRow+c*s.fromColumn))
		}
		p.line(&d)
		for i := range p.out {
			half[i][c] = d[i]
		}
	}
	rows, columns := p.out, p.out
	if p.activated {
		rows, columns = s.rows, s.columns
	}
	for i := range rows {
		p.line(&half[i])
		for j, v := range half[i][:columns] {
			at := (*float32)(unsafe.Add(to, i*s.toRow+j*s.toColumn))
			if p.activated {
				v += *(*float32)(unsafe.Add(s.bias, l*elem))
			}
			if p.added || p.activated && s.flags&tileAdd != 0 {
				v += *at
			}
			if p.activated && s.flags&tileLeaky != 0 {
				v = leaky(v, s.slope)
			}
			*at = v
		}
	}
}

// plainTiles are kernels in plain Go: what Winograd uses where there is no
// assembly.
var plainTiles = func() *tileKernels {
	k := &tileKernels{lanes: 8, rows: [4]int{8, 8}, row: new(tileTable), column: new(tileTable)}
	for vectors := 1; vectors <= 2; vectors++ {
		for rows := 1; rows <= k.rows[vectors-1]; rows++ {
			f := func(p *tile) { p.each(func() { plainTile(p, rows, (vectors-1)*k.lanes+bits.Len(uint(p.bits))) }) }
			k.row[vectors-1][rows], k.column[vectors-1][rows] = f, f
		}
	}
	k.winograd = &[2]winograd{winogradPlain(2, k.lanes), winogradPlain(4, k.lanes)}
	return k
}()

func plainTile(p *tile, rows, columns int) {
	slice := func(base unsafe.Pointer, offset, n int) []float32 {
		return unsafe.Slice((*float32)(unsafe.Add(base, offset)), n)
	}
	for m := range rows {
		c := slice(p.c, m*p.cm, columns)
		if p.flags&tileAdd == 0 {
			clear(c)
		}
		addPlain(c, slice(p.bias, 0, columns))
		for _, s := range unsafe.Slice(p.segs, p.nsegs) {
			combine(c, slice(p.b, s.b, (p.k-1)*p.bk/elem+columns), p.bk/elem,
				slice(p.a, s.a+m*p.am, (p.k-1)*p.ak/elem+1), p.ak/elem, p.k)
		}
	}
}
